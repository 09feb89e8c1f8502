/** `assay guard …`: keep known glitch tokens away from a model, without changing a text. */

import { type Command, Option } from "commander";
import type { BanFormat } from "../../glitch/index.ts";
import { action, type ReportStatus } from "../context.ts";
import type { GuardExportOptions } from "../guard/export.ts";
import type { GuardMeasureOptions } from "../guard/measure.ts";
import type { GuardRewriteOptions } from "../guard/rewrite.ts";
import type { GuardScanOptions } from "../guard/scan.ts";
import { addGuardSource } from "../guard/source.ts";
import { addModelOptions, wholeNumber } from "../options.ts";

/** The forms of ban-lists.ts; named here too, so that --help reads no other room. */
const FORMATS = ["openai", "llama-server", "vllm", "list"] as const satisfies readonly BanFormat[];

export function addGuard(program: Command, report: ReportStatus): void {
  const guard = program
    .command("guard")
    .description("Find known glitch tokens in texts, write them in other pieces, ban them from answers");

  const scan = addText(guard.command("scan"))
    .description("List the known glitch tokens of a text and where they are")
    .addOption(new Option("--fail-on <what>", "exit 4 if any is found").choices(["found"]));
  addModelOptions(addGuardSource(scan)).action(
    action<GuardScanOptions>(report, async (...call) =>
      (await import("../guard/scan.ts")).runGuardScan(...call),
    ),
  );

  const rewrite = addText(guard.command("rewrite"))
    .description("Write the glitch tokens of a text in other pieces: the same bytes, as token ids")
    .option("--bos", "begin with the beginning-of-sequence token")
    .option("--verify", "decode the result with the model's tokenizer and compare")
    .addOption(
      new Option("--fail-on <what>", "exit 4 if a banned token has to stay").choices(["unrepaired"]),
    );
  addModelOptions(addGuardSource(rewrite)).action(
    action<GuardRewriteOptions>(report, async (...call) =>
      (await import("../guard/rewrite.ts")).runGuardRewrite(...call),
    ),
  );

  const list = guard
    .command("export")
    .description("Banned tokens as a server takes them in a request, or as a list to commit")
    .argument("[model]", "MODEL")
    .addOption(
      new Option("--format <form>", "fields of a request, or a list").choices(FORMATS).default("list"),
    )
    .option("--output <file>", "write to this file");
  addModelOptions(addGuardSource(list)).action(
    action<GuardExportOptions>(report, async (...call) =>
      (await import("../guard/export.ts")).runGuardExport(...call),
    ),
  );

  const measure = guard
    .command("measure")
    .description("How many glitch tokens the guard repairs, on prompts that had no part in the verdicts")
    .argument("[model]", "MODEL")
    .option("--run <run>", "a finished mine; without it the last one of the model")
    .option("--texts <n>", "at most so many glitch tokens, drawn by seed", wholeNumber(1));
  addModelOptions(measure).action(
    action<GuardMeasureOptions>(report, async (...call) =>
      (await import("../guard/measure.ts")).runGuardMeasure(...call),
    ),
  );
}

function addText(command: Command): Command {
  return command
    .usage("[options] [MODEL] FILE")
    .argument("[model]", "MODEL, when a file follows")
    .argument("[file]", "the text; - reads it from stdin")
    .option("--text <text>", "the text itself, in place of a file");
}
