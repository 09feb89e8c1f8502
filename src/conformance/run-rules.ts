/** Runs the rules, one row as soon as it is known. */

import { AppError, isAppError } from "../errors.ts";
import { suggest } from "../suggest.ts";
import { skip } from "./evidence.ts";
import { WIRE_RULES } from "./rules.ts";
import type { ConformanceSession } from "./session.ts";
import { CLIENT_FAMILIES, type RuleFinding, type RuleRow, type WireRule } from "./wire-rule.ts";

/** So many rules in a row that waited in vain, and the rest is not asked: each would take its whole time. */
const MOST_IN_VAIN = 3;

/**
 * The rules of these ids or client families, in the order of the list; all without names.
 * @throws USAGE for a name that there is not
 */
export function selectRules(names?: readonly string[]): readonly WireRule[] {
  if (names === undefined) return WIRE_RULES;
  const known = [...WIRE_RULES.map(({ id }) => id), ...CLIENT_FAMILIES];
  const stranger = names.find((name) => !known.includes(name));
  if (stranger !== undefined || names.length === 0) {
    const near = stranger === undefined ? undefined : suggest(stranger, known);
    throw new AppError("USAGE", `There is no rule or client "${stranger ?? ""}".`, {
      hint: near === undefined ? "`assay conformance --list` shows them all." : `Did you mean ${near}?`,
    });
  }
  return WIRE_RULES.filter(
    ({ id, clients }) => names.includes(id) || clients.some((it) => names.includes(it)),
  );
}

/**
 * Runs rules one after the other. What a server does wrong is a row, whatever it is.
 * @throws CANCELLED, and whatever is a bug
 */
export async function* runRules(
  session: ConformanceSession,
  rules: readonly WireRule[] = WIRE_RULES,
): AsyncGenerator<RuleRow> {
  let inVain = 0;
  for (const { check, ...rule } of rules) {
    const started = performance.now();
    const lost = session.lost();
    const finding =
      inVain >= MOST_IN_VAIN
        ? skip("Not asked: the server no longer replies, or not in time")
        : await findingOf(check, session);
    if (session.lost() > lost) inVain++;
    // A failure may look at a reply that was cut before.
    else if (finding.status === "pass") inVain = 0;
    yield { ...rule, ...finding, seconds: (performance.now() - started) / 1_000 };
  }
}

async function findingOf(check: WireRule["check"], session: ConformanceSession): Promise<RuleFinding> {
  try {
    return await check(session);
  } catch (error) {
    if (!isAppError(error) || error.code === "CANCELLED") throw error;
    const evidence = error.details?.evidence;
    return {
      status: "fail",
      reason: error.message,
      ...(typeof evidence === "string" && { evidence }),
    };
  }
}
