/** `assay validate`: the checks of `assay integration` again, on larger draws that the first run did not have. */

import type { Command } from "commander";
import type { ReportStatus } from "../context.ts";
import { addSuite } from "../integration/flags.ts";

export function addValidate(program: Command, report: ReportStatus): void {
  addSuite(program, report, {
    name: "validate",
    description: "Confirm `assay integration` on other and larger draws",
    about:
      "The seed is derived from --seed and printed. What `assay integration` drew with the same --seed is not drawn\nagain, and samples are three to ten times as large.",
  });
}
