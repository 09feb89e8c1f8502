/** The two commands of the suite have the same flags. */

import type { Command } from "commander";
import type { SuiteName } from "../../measure/index.ts";
import { action, type ReportStatus } from "../context.ts";
import { addModelOptions } from "../options.ts";

export interface SuiteOptions {
  only?: string[];
  list?: true;
  /** Of a server that has the model, for the check of a live one. */
  server?: string;
  apiKeyFile?: string;
}

interface SuiteCommand {
  readonly name: SuiteName;
  readonly description: string;
  /** What tells it from the other one; below the flags. */
  readonly about: string;
}

export function addSuite(
  program: Command,
  report: ReportStatus,
  { name, description, about }: SuiteCommand,
): void {
  const command = program
    .command(name)
    .description(description)
    .argument("[model]", "MODEL")
    .option("--only <ids>", "these checks alone, with commas between", (text) =>
      text.split(",").map((id) => id.trim()),
    )
    .option("--list", "print the checks and what they ask; no model is opened")
    .option(
      "--server <url>",
      "ask this server in the check of a live one; without it one is started and ended",
    )
    .option("--api-key-file <file>", "the key to ask that server with, in the file's first line")
    .addHelpText(
      "after",
      `\n${about}\nExit status: 0 if no check fails, 3 if one does; a warning is no failure.`,
    );
  addModelOptions(command).action(
    action<SuiteOptions>(report, async (context, options, argument) =>
      (await import("./run.ts")).runSuite(context, name, options, argument),
    ),
  );
}
