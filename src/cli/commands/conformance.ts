/** `assay conformance`: does a server keep to what the libraries of agents rely on? */

import { type Command, Option } from "commander";
import type { ConformanceOptions } from "../conformance/run.ts";
import { action, type ReportStatus } from "../context.ts";
import { wholeNumber } from "../options.ts";

export function addConformance(program: Command, report: ReportStatus): void {
  program
    .command("conformance")
    .description("Check any OpenAI-compatible server against what agents' libraries rely on")
    .argument("[url]", "its address, as http://127.0.0.1:8080/v1")
    .option("-m, --model <id>", "id of the model to ask; without it the first that the server lists")
    .option("--api-key-file <file>", "the key to send, in the file's first line")
    .option("--only <names>", "these rules or clients alone, with commas between", (text) =>
      text.split(",").map((name) => name.trim()),
    )
    .option("--list", "print the rules, who relies on them and where that is known from; nothing is sent")
    .option("--timeout <seconds>", "time for one reply", wholeNumber(1, 86_400), 120)
    .addOption(new Option("--report <form>", "print one table to pass on").choices(["md"]))
    .addHelpText(
      "after",
      "\nEach rule sends requests as these libraries do and looks at the raw reply; no library is used.\nExit status: 0 if no rule fails, 4 if one does; a note is no failure.",
    )
    .action(
      action<ConformanceOptions>(report, async (...call) =>
        (await import("../conformance/run.ts")).runConformance(...call),
      ),
    );
}
