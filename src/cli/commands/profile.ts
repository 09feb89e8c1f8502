/** `assay profile MODEL`: one model across precisions. */

import type { Command } from "commander";
import { action, type ReportStatus } from "../context.ts";
import { addModelOptions, wholeNumber } from "../options.ts";

/** Flags of `profile`, beside the shared ones. */
export interface ProfileOptions {
  types: string;
  text?: string;
  budget: string;
  parallel: string;
  repeat: number;
  promptTokens: number;
  newTokens: number;
  keep?: true;
  report?: string;
}

export function addProfile(program: Command, report: ReportStatus): void {
  const command = program
    .command("profile")
    .description("One model across quantisations: size, memory, speed, perplexity, glitch verdicts, time")
    .argument("[model]", "MODEL; an F16 or BF16 file or a Hugging Face folder, of which the types are made")
    .option("--types <list>", "quantisations, each made once in the cache", "Q4_K_M,Q5_K_M,Q8_0,F16")
    .option("--text <file>", "text for the perplexity, UTF-8; a short one comes with the package")
    .option("--budget <amount>", "of each mine: 400, 5%, 10m, all, or none to leave verdicts out", "5%")
    .option("--parallel <list>", "requests at a time, separated by commas", "1,4")
    .option("--repeat <n>", "turns of each type; with fewer than 3 no ratio is told", wholeNumber(1, 100), 3)
    .option("--prompt-tokens <n>", "tokens of each prompt", wholeNumber(2, 32_768), 256)
    .option("--new-tokens <n>", "tokens of each answer", wholeNumber(2, 32_768), 64)
    .option("--keep", "keep the files that were made; the next profile finds them")
    .optionsGroup("Results:")
    .option("--report <file>", "write an HTML report with plots that works offline");
  addModelOptions(command).action(
    action<ProfileOptions>(report, async (context, options, model) => {
      const { runProfile } = await import("../profile/run.ts");
      return runProfile(context, options, model);
    }),
  );
}
