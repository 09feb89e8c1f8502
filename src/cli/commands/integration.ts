/** `assay integration`: does this model work here? What a user needs to know before using it. */

import type { Command } from "commander";
import type { ReportStatus } from "../context.ts";
import { addSuite } from "../integration/flags.ts";

export function addIntegration(program: Command, report: ReportStatus): void {
  addSuite(program, report, {
    name: "integration",
    description: "Run the whole path on a model: load, template, answers, predictions, probes, memory",
    about:
      "The draws (words, sayings, tokens, controls) come from --seed. `assay validate` runs the same checks on\nlarger draws that have nothing in common with these: an independent confirmation.",
  });
}
