/** `assay models convert`: a Hugging Face folder as one GGUF file. */

import type { Command } from "commander";
import { action, type ReportStatus } from "../../context.ts";
import type { ModelsConvertOptions } from "../../models/convert.ts";
import { wholeNumber } from "../../options.ts";

export function addConvert(models: Command, report: ReportStatus): void {
  models
    .command("convert")
    .description("Make a GGUF file of a Hugging Face folder of Mixtral, Mistral or Llama")
    .argument("<folder>", "folder with config.json, a tokenizer and safetensors files")
    .requiredOption("--output <file>", "the file to write; it appears when it is complete")
    .option("--type <type>", "BF16, Q8_0, Q4_K_M … or int4, int8; without it as the weights are stored")
    .option("--name <name>", "name inside the file, in place of the folder's")
    .option("--threads <n>", "threads for quantising, 0 takes all cores", wholeNumber(0))
    .option("--unsafe-lib <folder>", "llama.cpp libraries of your own, used without the version check")
    .action(
      action<ModelsConvertOptions>(report, async (...call) =>
        (await import("../../models/convert.ts")).runModelsConvert(...call),
      ),
    );
}
