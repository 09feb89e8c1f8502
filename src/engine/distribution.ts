/**
 * What a probe wants to know of a row of logits, in two passes and without allocation: Math.exp over 32,000
 * logits costs about as much as the decode of a small model, a table with a quadratic correction a sixth of it.
 */

import { AppError } from "../errors.ts";
import type { TokenChance } from "./language-model.ts";

/** exp(-i / STEPS_PER_UNIT) for i in [0, RANGE * STEPS_PER_UNIT]. */
const STEPS_PER_UNIT = 256;
/** Below exp(-40) a term is lost in the rounding of the sum whatever the vocabulary's size. */
const RANGE = 40;
const EXP_TABLE = Float64Array.from({ length: RANGE * STEPS_PER_UNIT + 2 }, (_, i) =>
  Math.exp(-i / STEPS_PER_UNIT),
);

export interface Distribution {
  readonly p: number;
  readonly logp: number;
  readonly rank: number;
  readonly entropy: number;
  readonly top: TokenChance[];
}

/**
 * Chances of `target` under softmax(logits), the entropy in nats and the k best tokens.
 *
 * Relative error of each exponential: under 1e-8 (d^3/6 with d = 1/256), less than the float32 noise of the
 * logits themselves. Equal logits rank by id, as llama.cpp's greedy sampler chooses.
 *
 * @param logits [vocabulary]
 * @throws MODEL_INVALID if a logit is NaN or infinite: the weights are damaged.
 */
export function distribution(logits: Float32Array, target: number, topK: number): Distribution {
  const wanted = logits[target]!;
  const best = topIds(logits, Math.max(1, topK));
  const max = logits[best[0]!]!;
  const { sum, weighted } = exponentialSums(logits, max);
  const logSum = Math.log(sum);
  const entropy = logSum + weighted / sum;
  if (!Number.isFinite(entropy))
    throw new AppError("MODEL_INVALID", "The model computes values that are not numbers.", {
      hint: "Its weights are damaged or overflow on this backend: try --gpu off, then check the file.",
    });
  const chance = (id: number) => Math.exp(logits[id]! - max - logSum);
  return {
    p: chance(target),
    logp: wanted - max - logSum,
    rank: rankOf(logits, target, best),
    entropy: Math.max(0, entropy),
    top: topK > 0 ? best.map((id) => ({ id, p: chance(id) })) : [],
  };
}

/** ln softmax(logits)[target]. */
export function logProbability(logits: Float32Array, target: number): number {
  let max = Number.NEGATIVE_INFINITY;
  for (let id = 0; id < logits.length; id++) if (logits[id]! > max) max = logits[id]!;
  return logits[target]! - max - Math.log(exponentialSums(logits, max).sum);
}

/** The sum of exp(x) and of -x exp(x) over x = logit - max. */
function exponentialSums(logits: Float32Array, max: number): { sum: number; weighted: number } {
  let sum = 0;
  let weighted = 0;
  for (let id = 0; id < logits.length; id++) {
    const below = max - logits[id]!;
    if (below >= RANGE) continue;
    const place = (below * STEPS_PER_UNIT) | 0;
    const rest = below - place / STEPS_PER_UNIT;
    const e = EXP_TABLE[place]! * (1 - rest + 0.5 * rest * rest);
    sum += e;
    weighted += below * e;
  }
  return { sum, weighted };
}

/** Place of an id in the order of logits, of equal ones the lower id first; 1 is the best. */
function rankOf(logits: Float32Array, target: number, best: readonly number[]): number {
  const place = best.indexOf(target);
  if (place >= 0) return place + 1;
  const wanted = logits[target]!;
  // Adding comparisons as numbers compiles without branches; a branch here is mispredicted for half the ids.
  let ahead = 0;
  for (let id = 0; id < target; id++) ahead += Number(logits[id]! >= wanted) | 0;
  for (let id = target + 1; id < logits.length; id++) ahead += Number(logits[id]! > wanted) | 0;
  return ahead + 1;
}

/** Ids of the k largest logits, best first; of equal ones the lower id. */
function topIds(logits: Float32Array, k: number): number[] {
  const ids: number[] = [];
  const size = Math.min(k, logits.length);
  for (let id = 0; id < logits.length; id++) {
    if (ids.length === size) {
      id = nextAbove(logits, id, logits[ids[size - 1]!]!);
      if (id === logits.length) break;
      ids.pop();
    }
    let at = ids.length;
    while (at > 0 && logits[ids[at - 1]!]! < logits[id]!) at--;
    ids.splice(at, 0, id);
  }
  return ids;
}

/** The first id from `from` on whose logit is above a bound, or the length; a loop of its own, so that it stays tight. */
function nextAbove(logits: Float32Array, from: number, bound: number): number {
  let id = from;
  while (id < logits.length && !(logits[id]! > bound)) id++;
  return id;
}
