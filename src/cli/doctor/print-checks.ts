/** Rows of checks, as they come, or one document; what `doctor` and `models verify` have in common. */

import { styleText } from "node:util";
import { ERROR_CODES } from "../../errors.ts";
import type { CliContext } from "../context.ts";

export interface Check {
  readonly id: string;
  readonly status: "ok" | "warn" | "fail";
  readonly message: string;
  readonly hint?: string | undefined;
}

/** A check's finding, before it has its id. */
export type Finding = Omit<Check, "id">;

const COLOURS = { ok: "green", warn: "yellow", fail: "red" } as const;
const ID_COLUMNS = 9;

/** Prints each check as it comes. @returns the exit status: 3 if one failed */
export async function printChecks(
  { json, terminal }: Pick<CliContext, "json" | "terminal">,
  found: AsyncIterable<Check>,
): Promise<number> {
  const checks: Check[] = [];
  for await (const check of found) {
    checks.push(check);
    if (json) continue;
    const { id, status, message, hint } = check;
    const label = styleText(COLOURS[status], status.padEnd(4), { stream: process.stdout });
    terminal.print(`${label}  ${id.padEnd(ID_COLUMNS)}  ${message}`);
    if (hint !== undefined) terminal.print(`${" ".repeat(ID_COLUMNS + 8)}${hint}`);
  }
  const ok = checks.every(({ status }) => status !== "fail");
  if (json) terminal.print(JSON.stringify({ schema: 1, ok, checks }));
  return ok ? 0 : ERROR_CODES.MODEL_INVALID.exit;
}
