/** `assay models use`: choose the default model. */

import type { Command } from "commander";
import { action, type ReportStatus, type SharedOptions } from "../../context.ts";

export function addUse(models: Command, report: ReportStatus): void {
  models
    .command("use")
    .description("Make a model the one that commands take when none is named")
    .argument("<model>", "MODEL that is on this disk")
    .action(
      action<SharedOptions>(report, async (...call) =>
        (await import("../../models/use.ts")).runModelsUse(...call),
      ),
    );
}
