/** Runs a suite, one row as soon as it is known. */

import { AppError, isAppError } from "../../errors.ts";
import { suggest } from "../../suggest.ts";
import type { CheckRow, Finding, IntegrationCheck } from "./check.ts";
import { INTEGRATION_CHECKS } from "./checks.ts";
import type { IntegrationSession } from "./session.ts";

/**
 * The checks of these ids, in the order of the suite; all without ids.
 * @throws USAGE for an id that there is not
 */
export function selectChecks(ids?: readonly string[]): readonly IntegrationCheck[] {
  if (ids === undefined) return INTEGRATION_CHECKS;
  const known = INTEGRATION_CHECKS.map(({ id }) => id);
  const stranger = ids.find((id) => !known.includes(id));
  if (stranger !== undefined || ids.length === 0) {
    const near = stranger === undefined ? undefined : suggest(stranger, known);
    throw new AppError("USAGE", `There is no check "${stranger ?? ""}".`, {
      hint: near === undefined ? `Checks: ${known.join(", ")}.` : `Did you mean ${near}?`,
    });
  }
  return INTEGRATION_CHECKS.filter(({ id }) => ids.includes(id));
}

/**
 * Runs checks one after the other; a check that fails with an AppError is a row, and the next one runs.
 * @throws CANCELLED, and whatever is a bug
 */
export async function* runChecks(
  session: IntegrationSession,
  checks: readonly IntegrationCheck[] = INTEGRATION_CHECKS,
): AsyncGenerator<CheckRow> {
  for (const { id, run } of checks) {
    session.signal.throwIfAborted();
    const started = performance.now();
    const finding = await run(session).catch(findingOf);
    yield { id, seconds: (performance.now() - started) / 1_000, ...finding };
  }
}

/** The row of an error. */
export function findingOf(error: unknown): Finding {
  if (!isAppError(error) || error.code === "CANCELLED") throw error;
  return { status: "fail", message: error.message, ...(error.hint !== undefined && { hint: error.hint }) };
}
