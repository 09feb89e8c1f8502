/** `assay models add`: names of the user's own. */

import type { Command } from "commander";
import { action, type ReportStatus } from "../../context.ts";
import type { ModelsAddOptions } from "../../models/add.ts";

export function addAdd(models: Command, report: ReportStatus): void {
  models
    .command("add")
    .description("Give a model a name: a file that is here, an address, or a file on the hub")
    .argument("[name]", "the new name")
    .option("--file <file>", "a GGUF file, or the first of its shards")
    .option("--url <address>", "an https address of a GGUF file")
    .option("--repo <owner/name>", "a repository on the hub")
    .option("--path <file>", "the GGUF file in that repository")
    .option("--sha256 <hex>", "hash that the file must have")
    .option("--licence <id>", "SPDX identifier; a file's own header says it otherwise")
    .option("--remove <name>", "forget a name that was added; files stay")
    .action(
      action<ModelsAddOptions>(report, async (...call) =>
        (await import("../../models/add.ts")).runModelsAdd(...call),
      ),
    );
}
