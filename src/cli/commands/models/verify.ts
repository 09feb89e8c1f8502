/** `assay models verify`: is the file whole, will it load, does it fit here? */

import type { Command } from "commander";
import { action, type ReportStatus } from "../../context.ts";
import type { ModelsVerifyOptions } from "../../models/verify.ts";
import { addModelOptions } from "../../options.ts";

export function addVerify(models: Command, report: ReportStatus): void {
  const verify = models
    .command("verify")
    .description("Check a model file from its header to its weights, and whether this machine can hold it")
    .argument("[file]", "GGUF file, any of its shards, or MODEL")
    .option("--hash", "read every byte and compare the SHA-256 with the catalogue's")
    .option("--project <folder>", "also look for settings of that project that still name the old model")
    .addHelpText("after", "\nExit status: 0 if no check fails, 3 if one does; a warning is no failure.");
  addModelOptions(verify).action(
    action<ModelsVerifyOptions>(report, async (...call) =>
      (await import("../../models/verify.ts")).runModelsVerify(...call),
    ),
  );
}
