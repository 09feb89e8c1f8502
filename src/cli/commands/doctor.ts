/** `assay doctor`: can this machine do the work, and what is the next step where it cannot? */

import { styleText } from "node:util";
import type { Command } from "commander";
import { ERROR_CODES } from "../../errors.ts";
import { action, type CliContext, type ReportStatus, type SharedOptions } from "../context.ts";
import type { Check } from "../doctor/checks.ts";
import { addModelOptions } from "../options.ts";

export function addDoctor(program: Command, report: ReportStatus): void {
  const doctor = program
    .command("doctor")
    .description("Check Node, library, processor, GPU, memory, disk and store")
    .argument("[model]", "MODEL whose memory is estimated");
  addModelOptions(doctor).action(action(report, runDoctor));
}

const COLOURS = { ok: "green", warn: "yellow", fail: "red" } as const;

async function runDoctor(context: CliContext, options: SharedOptions, argument?: string): Promise<number> {
  const { runChecks } = await import("../doctor/checks.ts");
  const { json, terminal } = context;
  const checks: Check[] = [];
  for await (const check of runChecks(context, { argument, options })) {
    checks.push(check);
    if (json) continue;
    const { id, status, message, hint } = check;
    const label = styleText(COLOURS[status], status.padEnd(4), { stream: process.stdout });
    terminal.print(`${label}  ${id.padEnd(9)}  ${message}`);
    if (hint !== undefined) terminal.print(`${" ".repeat(17)}${hint}`);
  }
  const ok = checks.every(({ status }) => status !== "fail");
  if (json) terminal.print(JSON.stringify({ schema: 1, ok, checks }));
  return ok ? 0 : ERROR_CODES.LIBRARY.exit;
}
