/** What a search is scored by: sets of tokens to be found, and one to be left alone. */

import type { Truth } from "../glitch/index.ts";

/**
 * `confirmed`: the glitches of the full census. From a known truth: `never-seen` (lies included), `lies`
 * (never seen, made to look trained), `rare` and `text-only` (as far as the census confirmed them: a model may
 * have learnt such a token all the same), and `decoys` (small norm, well trained), which are better not tested.
 */
export const TARGETS = ["confirmed", "never-seen", "lies", "rare", "text-only", "decoys"] as const;
export type TargetId = (typeof TARGETS)[number];

/** A target on one model. */
export interface Target {
  readonly id: TargetId;
  readonly ids: ReadonlySet<number>;
}

/** Repeated so often in training, a token is surely no glitch. */
const WELL_TRAINED = 50;

/**
 * The targets that have tokens on this model.
 * @param candidates only these can be tested
 * @param confirmed glitches of the full census
 */
export function targetsOf(
  candidates: readonly number[],
  confirmed: ReadonlySet<number>,
  truth?: Truth,
): Target[] {
  const testable = new Set(candidates);
  const tokens = (truth?.tokens ?? []).filter(({ id }) => testable.has(id));
  const ids = (fits: (token: Truth["tokens"][number]) => boolean) =>
    new Set(tokens.filter(fits).map(({ id }) => id));
  const all: Record<TargetId, ReadonlySet<number>> = {
    confirmed,
    "never-seen": ids(({ count }) => count === 0),
    lies: ids(({ count, withheld }) => count === 0 && String(withheld).startsWith("lie-")),
    rare: ids(({ id, withheld }) => withheld === "rare" && confirmed.has(id)),
    "text-only": ids(({ id, withheld }) => withheld === "text-only" && confirmed.has(id)),
    decoys: ids(({ decoy, copied }) => decoy && copied >= WELL_TRAINED),
  };
  return TARGETS.map((id) => ({ id, ids: all[id] })).filter((target) => target.ids.size > 0);
}

/** Tokens that are surely no glitches, so that calling one so is a false alarm. */
export function wellTrained(truth: Truth): ReadonlySet<number> {
  return new Set(truth.tokens.filter(({ copied }) => copied >= WELL_TRAINED).map(({ id }) => id));
}

/**
 * Share of the attainable: of a target's n tokens, a budget of b probes can find min(b, n). Decoys: the share
 * left alone.
 */
export function attained(
  { id, ids }: Target,
  tested: Iterable<number>,
  isGlitch: (id: number) => boolean,
  budget: number,
): number {
  let met = 0;
  let found = 0;
  for (const token of tested) {
    if (!ids.has(token)) continue;
    met++;
    if (isGlitch(token)) found++;
  }
  return id === "decoys" ? 1 - met / ids.size : found / Math.min(budget, ids.size);
}
