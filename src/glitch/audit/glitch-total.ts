/** How many glitch tokens a vocabulary has, when only a part of it was tested. */

import type { Verdict } from "../evidence.ts";
import type { Strata } from "./audit-draw.ts";

/** Glitch tokens among all candidates: found ones and, with 95 %, those not tested. */
export interface GlitchTotal {
  readonly found: number;
  readonly estimate: number;
  readonly low: number;
  readonly high: number;
  /** Tokens of the audit sample that the search had not reached: what the estimate rests on. */
  readonly audited: number;
}

/**
 * Beta prior of a stratum's share of glitch tokens. Three quarters of a token in all, so that data soon speaks,
 * and twice as much for working as for failing: more cautious priors (Jeffreys) put half a glitch token into
 * every stratum, thousands of tokens wide, where none was ever seen. Coverage is measured, not assumed:
 * docs/mining.md.
 */
const PRIOR = { glitch: 0.25, working: 0.5 };
const TAIL = 0.025;
/** Chances under this are left out; together they are far below the interval's own error. */
const NEGLIGIBLE = 1e-6;

/**
 * Estimates the total. Tokens reached by the search are counted; the untested ones of each stratum get the
 * beta-binomial prediction of what its part of the audit sample showed; the sum over strata is exact.
 *
 * @param verdicts of tested tokens; "untested" ones (errors) count as not tested
 * @param audited ids that were drawn for the audit and that the search has not given
 */
export function estimateGlitchTotal(
  strata: Strata,
  verdicts: ReadonlyMap<number, Verdict>,
  audited: ReadonlySet<number>,
): GlitchTotal {
  const tallies: { sampled: number; glitch: number; untested: number }[] = [];
  let found = 0;
  let sampled = 0;
  for (const [id, stratum] of strata) {
    tallies[stratum] ??= { sampled: 0, glitch: 0, untested: 0 };
    const tally = tallies[stratum];
    const verdict = verdicts.get(id) ?? "untested";
    if (verdict === "untested") tally.untested++;
    else if (audited.has(id)) {
      tally.sampled++;
      sampled++;
      if (verdict === "glitch") tally.glitch++;
    }
    if (verdict === "glitch") found++;
  }
  let missed: Prediction = { first: 0, chances: Float64Array.of(1) };
  for (const { sampled: n, glitch, untested } of tallies.filter((tally) => tally !== undefined))
    if (untested > 0)
      missed = sum(missed, betaBinomial(untested, glitch + PRIOR.glitch, n - glitch + PRIOR.working));
  return {
    found,
    estimate: found + quantile(missed, 0.5),
    low: found + quantile(missed, TAIL),
    high: found + quantile(missed, 1 - TAIL),
    audited: sampled,
  };
}

/** Chances of first, first + 1, … */
interface Prediction {
  readonly first: number;
  readonly chances: Float64Array;
}

/** Failures among n tokens whose share of failures is Beta(a, b); by the ratio of neighbouring terms. */
function betaBinomial(n: number, a: number, b: number): Prediction {
  const chances = new Float64Array(n + 1);
  chances[0] = 1;
  for (let k = 0; k < n; k++) {
    const next = (chances[k]! * (((n - k) / (k + 1)) * (k + a))) / (n - k - 1 + b);
    chances[k + 1] = next;
    // Terms only matter relative to each other; scaled down before they overflow.
    if (next > 1e200) for (let i = 0; i <= k + 1; i++) chances[i]! *= 1e-200;
  }
  return trim({ first: 0, chances });
}

function sum(a: Prediction, b: Prediction): Prediction {
  const chances = new Float64Array(a.chances.length + b.chances.length - 1);
  for (let i = 0; i < a.chances.length; i++) {
    const x = a.chances[i]!;
    for (let j = 0; j < b.chances.length; j++) chances[i + j]! += x * b.chances[j]!;
  }
  return trim({ first: a.first + b.first, chances });
}

/** Cuts off negligible ends and scales to 1. */
function trim({ first, chances }: Prediction): Prediction {
  const limit = NEGLIGIBLE * chances.reduce((x, y) => x + y, 0);
  let start = 0;
  let end = chances.length;
  for (let cut = chances[0]!; cut < limit; cut += chances[start]!) start++;
  for (let cut = chances[end - 1]!; cut < limit; cut += chances[end - 1]!) end--;
  const kept = chances.slice(start, end);
  const total = kept.reduce((x, y) => x + y, 0);
  return { first: first + start, chances: kept.map((chance) => chance / total) };
}

/** The least number that is reached with at least this chance. */
function quantile({ first, chances }: Prediction, share: number): number {
  let sum = 0;
  for (let index = 0; index < chances.length; index++) {
    sum += chances[index]!;
    if (sum >= share - 1e-12) return first + index;
  }
  return first + chances.length - 1;
}
