/** `assay doctor`: can this machine do the work, and what is the next step where it cannot? */

import type { Command } from "commander";
import { action, type ReportStatus } from "../context.ts";
import { addModelOptions } from "../options.ts";

export function addDoctor(program: Command, report: ReportStatus): void {
  const doctor = program
    .command("doctor")
    .description("Check Node, library, processor, GPU, memory, disk and store, and the file of a model")
    .argument("[model]", "MODEL whose file is checked too, as `models verify` does");
  addModelOptions(doctor).action(
    action(report, async (context, options, argument) => {
      const [{ runChecks }, { printChecks }] = await Promise.all([
        import("../doctor/checks.ts"),
        import("../doctor/print-checks.ts"),
      ]);
      return printChecks(context, runChecks(context, { argument, options }));
    }),
  );
}
