/** A sample that reaches every corner of the vocabulary: glitcher's stratified mode. */

import { seededOrder } from "../seeded.ts";
import { categoryOf } from "./code-points.ts";

export interface StratifyOptions {
  readonly textOf: (id: number) => string;
  /** [vocabulary] L2 norms of the input rows; without them norm divides nothing. */
  readonly norms: ArrayLike<number> | undefined;
  /** Tokens wanted; fewer only if there are fewer. */
  readonly size: number;
  readonly seed: number;
}

const QUINTILES = 5;

/**
 * Draws from strata of (norm quintile, commonest character category, length 1 / 2-3 / 4-6 / 7 and more). Each
 * stratum gives one token, largest first if there are too many; the rest is shared out in proportion to what
 * the strata have left, largest remainders rounded up.
 */
export function stratify(ids: readonly number[], { textOf, norms, size, seed }: StratifyOptions): number[] {
  const quintileOf = quintiles(ids, norms);
  const strata = new Map<string, number[]>();
  for (const id of seededOrder(ids, seed, "stratified")) {
    const text = textOf(id);
    const key = `${quintileOf.get(id)} ${categoryOf(text)} ${lengthBucket(text)}`;
    const stratum = strata.get(key);
    if (stratum) stratum.push(id);
    else strata.set(key, [id]);
  }
  const bySize = [...strata]
    .sort(([a, one], [b, two]) => two.length - one.length || (a < b ? -1 : 1))
    .map(([, members]) => members);
  const wanted = Math.min(size, ids.length);
  const first = bySize.slice(0, wanted);
  const shares = shareOut(
    first.map((members) => members.length - 1),
    wanted - first.length,
  );
  return first.flatMap((members, index) => members.slice(0, 1 + shares[index]!));
}

/** Whole shares in proportion to the weights (largest remainder); no share is above its weight. */
export function shareOut(weights: readonly number[], total: number): number[] {
  const sum = weights.reduce((a, b) => a + b, 0);
  const exact = weights.map((weight) => (sum > 0 ? (weight * Math.min(total, sum)) / sum : 0));
  const shares = exact.map(Math.floor);
  let left = Math.min(total, sum) - shares.reduce((a, b) => a + b, 0);
  const byRemainder = [...exact.keys()].sort(
    (a, b) => exact[b]! - shares[b]! - (exact[a]! - shares[a]!) || a - b,
  );
  for (const index of byRemainder) {
    if (left <= 0) break;
    if (shares[index]! >= weights[index]!) continue;
    shares[index]!++;
    left--;
  }
  return shares;
}

function quintiles(ids: readonly number[], norms: ArrayLike<number> | undefined): Map<number, number> {
  if (!norms) return new Map(ids.map((id) => [id, 0]));
  const ranked = [...ids].sort((a, b) => norms[a]! - norms[b]! || a - b);
  return new Map(ranked.map((id, rank) => [id, Math.floor((QUINTILES * rank) / ranked.length)]));
}

function lengthBucket(text: string): number {
  const length = [...text].length;
  return length <= 1 ? 1 : length <= 3 ? 2 : length <= 6 ? 4 : 7;
}
