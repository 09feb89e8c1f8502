/** `assay models list`: the catalogue, and what of it is here or would run here. */

import type { Command } from "commander";
import { action, type ReportStatus } from "../../context.ts";
import type { ModelsListOptions } from "../../models/list.ts";

export function addList(models: Command, report: ReportStatus): void {
  models
    .command("list")
    .description("List models: size, memory, whether they fit here, whether they are here")
    .option("--installed", "only those that are on this disk")
    .action(
      action<ModelsListOptions>(report, async (context, options) =>
        (await import("../../models/list.ts")).runModelsList(context, options),
      ),
    );
}
