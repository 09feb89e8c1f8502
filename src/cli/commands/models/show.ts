/** `assay models show`: one model's card. */

import type { Command } from "commander";
import { action, type ReportStatus, type SharedOptions } from "../../context.ts";

export function addShow(models: Command, report: ReportStatus): void {
  models
    .command("show")
    .description("Show a model: architecture, tokenizer, types, template and why, memory by quantisation")
    .argument("[model]", "MODEL, or a name of the catalogue")
    .action(
      action<SharedOptions>(report, async (...call) =>
        (await import("../../models/show.ts")).runModelsShow(...call),
      ),
    );
}
