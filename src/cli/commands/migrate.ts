/** `assay migrate`: a project of the former Python system, moved to Mixtral. */

import type { Command } from "commander";
import { action, type ReportStatus } from "../context.ts";
import type { MigrateOptions } from "../migrate.ts";

export function addMigrate(program: Command, report: ReportStatus): void {
  program
    .command("migrate")
    .description("Show what a project on TinyLlama, llama-cpp-python and AutoGen has to change, or change it")
    .argument("<path>", "folder of the project, or one file")
    .option("--write", "make the changes; the old files are kept in .assay-backup")
    .option("--check", "exit 4 if there is something to change")
    .action(
      action<MigrateOptions>(report, async (...call) => (await import("../migrate.ts")).runMigrate(...call)),
    );
}
