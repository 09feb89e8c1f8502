/** `assay autogen …`: what AutoGen and its successors need to use a local server. */

import { type Command, InvalidArgumentError, Option } from "commander";
import type { AutogenConfigOptions } from "../autogen/run.ts";
import { action, type ReportStatus } from "../context.ts";

/** Those of config-entries.ts; named here too, so that --help reads nothing else. */
const FORMATS = ["0.2", "ag2", "0.4", "agent-framework", "all"] as const;

export function addAutogen(program: Command, report: ReportStatus): void {
  const autogen = program
    .command("autogen")
    .description("Settings for AutoGen 0.2, AG2, autogen-ext 0.4 and Agent Framework");
  autogen
    .command("config")
    .description("Write an entry a model, from the running server's list, else for what would be served")
    .option("--base-url <url>", "address of the server; without it http://127.0.0.1:8080/v1")
    .addOption(new Option("--format <format>", "whose entries").choices(FORMATS))
    .addOption(modelIds())
    .option(
      "--api-key-file <file>",
      "the key to ask the server with, in the file's first line; never written",
    )
    .option(
      "--api-key-env <name>",
      "the environment variable that will hold the key; its name is written",
      name,
    )
    .option(
      "--output <file>",
      "put them into this file, as OAI_CONFIG_LIST; one that is there is merged with",
    )
    .option("--write", "change a file that is there; without it the diff is shown")
    .addHelpText(
      "after",
      "\nWithout --format all are printed, and a file is for 0.2. A file that is changed is kept in .assay-backup.",
    )
    .action(
      action<AutogenConfigOptions>(report, async (context, options) =>
        (await import("../autogen/run.ts")).runAutogenConfig(context, options),
      ),
    );
}

/** Ids of a server, and so no MODEL: under the name of that setting it would become the configured default. */
function modelIds(): Option {
  const option = new Option(
    "-m, --model <ids>",
    "these ids or aliases alone, with commas between; auto is one",
  ).argParser((text) => text.split(",").map((id) => id.trim()));
  option.attributeName = () => "ids";
  return option;
}

/** Reader of a variable's name: a key that was given in its place must not be written. */
function name(text: string): string {
  if (/^[A-Z_][A-Z0-9_]{0,63}$/.test(text)) return text;
  throw new InvalidArgumentError("Expected the name of a variable, as OPENAI_API_KEY.");
}
