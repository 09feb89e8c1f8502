/** `assay models quantise`: a smaller file of the same model. */

import type { Command } from "commander";
import { action, type ReportStatus } from "../../context.ts";
import type { ModelsQuantiseOptions } from "../../models/quantise.ts";
import { wholeNumber } from "../../options.ts";

export function addQuantise(models: Command, report: ReportStatus): void {
  models
    .command("quantise")
    .alias("quantize")
    .description("Quantise a GGUF file of F32, F16 or BF16 weights")
    .argument("<file>", "GGUF file, or the first of its shards")
    .requiredOption("--output <file>", "the file to write; it appears when it is complete")
    .requiredOption("--type <type>", "Q4_K_M, Q5_K_M, Q8_0 … or int4, int8")
    .option("--threads <n>", "threads, 0 takes all cores", wholeNumber(0))
    .option("--unsafe-lib <folder>", "llama.cpp libraries of your own, used without the version check")
    .action(
      action<ModelsQuantiseOptions>(report, async (...call) =>
        (await import("../../models/quantise.ts")).runModelsQuantise(...call),
      ),
    );
}
