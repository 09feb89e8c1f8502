/** `assay models repair`: a file of December 2023 in the layout that llama.cpp reads today. */

import type { Command } from "commander";
import { action, type ReportStatus } from "../../context.ts";
import type { ModelsRepairOptions } from "../../models/repair.ts";

export function addRepair(models: Command, report: ReportStatus): void {
  models
    .command("repair")
    .description("Lay the split experts of an old Mixtral file one behind the other; no weight changes")
    .argument("<file>", "GGUF file, any of its shards, or a name")
    .option("--output <file>", "the file to write; it appears when it is complete and proven")
    .option("--dry-run", "print which tensors would be written where, and the room it takes")
    .option("--no-load", "do not try the result in llama.cpp")
    .option("--unsafe-lib <folder>", "llama.cpp libraries of your own, used without the version check")
    .addHelpText(
      "after",
      "\nA file that needs no repair is left alone, and the exit status is 0.\n" +
        "Every piece is hashed where it is read and again in the new file.",
    )
    .action(
      action<ModelsRepairOptions>(report, async (...call) =>
        (await import("../../models/repair.ts")).runModelsRepair(...call),
      ),
    );
}
