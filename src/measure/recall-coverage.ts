/**
 * Does the interval hold? Searches of random budgets and audits are replayed over a stored census, and the number
 * of glitch tokens that each would have expected is held against the number that there is.
 */

import {
  auditStrata,
  bySuspicion,
  createAuditDraw,
  createPagePlan,
  estimateGlitchTotal,
  fixedOrder,
  type IndicatorTable,
  mineSettings,
  type OrderMethod,
  type StoredToken,
  type Verdict,
} from "../glitch/index.ts";
import { createRandom } from "../random.ts";
import { replaySearch } from "./replay-search.ts";
import type { StoredCensus } from "./stored-census.ts";

export interface CoverageOptions {
  readonly candidates: readonly number[];
  readonly census: StoredCensus;
  readonly indicators: IndicatorTable;
  readonly method: OrderMethod;
  readonly trials: number;
  readonly seed: number;
  /** Called after each trial. */
  readonly onTrial?: (done: number) => void;
  readonly signal?: AbortSignal | undefined;
}

export interface RecallCoverage {
  readonly method: string;
  readonly trials: number;
  readonly glitches: number;
  /** Share of the trials whose 95 % interval holds the true number. */
  readonly coverage: number;
  /** Share whose interval lies wholly under it: the error that misleads. */
  readonly under: number;
  /** Width of the interval as a share of the true number. */
  readonly width: Quantiles;
  /** Estimate as a share of the true number. */
  readonly estimate: Quantiles;
}

/** The median, and the tenth either way. */
export interface Quantiles {
  readonly low: number;
  readonly median: number;
  readonly high: number;
}

/** Budgets are drawn between these shares of the candidates, evenly on a logarithmic scale. */
const LEAST = 0.01;
const MOST = 0.3;
/** Trials between two turns of the event loop. */
const TRIALS_PER_TURN = 4;

/**
 * Replays trials, each with a budget and an audit of its own. The order is searched once, to the largest budget:
 * it learns nothing from an audit, so that only the borders of its pages would differ.
 */
export async function measureCoverage(options: CoverageOptions): Promise<RecallCoverage> {
  const { candidates, census, indicators, method, trials, seed, onTrial, signal } = options;
  const search = await replaySearch({
    method,
    budget: { share: MOST },
    seed,
    candidates,
    census,
    indicators,
    signal,
  });
  const reached = new Set(search.tested);
  const sequence = [...search.tested, ...candidates.filter((id) => !reached.has(id))];
  const strata = auditStrata(bySuspicion({ candidates, indicators, seed }), true);
  const glitches = candidates.filter((id) => census.tokens.get(id)?.verdict === "glitch").length;
  const random = createRandom(seed);
  const totals: { estimate: number; low: number; high: number }[] = [];
  for (let trial = 0; trial < trials; trial++) {
    if (trial % TRIALS_PER_TURN === 0) await new Promise((resolve) => setImmediate(resolve));
    signal?.throwIfAborted();
    const limit = Math.ceil(candidates.length * LEAST * (MOST / LEAST) ** random());
    const { audit, pageSize } = mineSettings({ budget: { probes: limit } });
    const plan = createPagePlan({
      order: fixedOrder(sequence),
      draw: createAuditDraw(strata, Math.floor(random() * 2 ** 32)),
      auditShare: audit,
      pageSize,
      left: (done) => limit - done,
    });
    const tested = new Map<number, StoredToken>();
    while (tested.size < limit) {
      for (const id of await plan.next(tested)) tested.set(id, census.tokens.get(id)!);
      plan.learn(tested);
    }
    const verdicts = new Map<number, Verdict>([...tested].map(([id, { verdict }]) => [id, verdict]));
    totals.push(estimateGlitchTotal(strata, verdicts, plan.audited()));
    onTrial?.(trial + 1);
  }
  const share = (holds: (total: { low: number; high: number }) => boolean) =>
    totals.filter(holds).length / trials;
  return {
    method: method.id,
    trials,
    glitches,
    coverage: share(({ low, high }) => low <= glitches && glitches <= high),
    under: share(({ high }) => high < glitches),
    width: quantiles(totals.map(({ low, high }) => (high - low) / glitches)),
    estimate: quantiles(totals.map(({ estimate }) => estimate / glitches)),
  };
}

function quantiles(values: readonly number[]): Quantiles {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number) => sorted[Math.round(share * (sorted.length - 1))]!;
  return { low: at(0.1), median: at(0.5), high: at(0.9) };
}
