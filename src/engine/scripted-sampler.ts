/** Sampling over a full row of logits, in the order of llama.cpp's default chain. Slow and plain on purpose. */

import type { SamplingOptions, TokenChance } from "./language-model.ts";

/** ln of the softmax of a row; float64, so sums hold to 1e-12. */
export function logSoftmax(logits: Float64Array): Float64Array {
  let max = Number.NEGATIVE_INFINITY;
  for (const value of logits) if (value > max) max = value;
  let sum = 0;
  for (const value of logits) sum += Math.exp(value - max);
  const logSum = max + Math.log(sum);
  return logits.map((value) => value - logSum);
}

/** The k most probable ids, best first; of equals the lower id. */
export function topChances(logp: Float64Array, k: number): TokenChance[] {
  const best: number[] = [];
  for (let id = 0; id < logp.length; id++) {
    if (best.length >= k && !(logp[id]! > logp[best.at(-1)!]!)) continue;
    let place = best.length;
    while (place > 0 && logp[best[place - 1]!]! < logp[id]!) place--;
    best.splice(place, 0, id);
    best.length = Math.min(best.length, k);
  }
  return best.map((id) => ({ id, p: Math.exp(logp[id]!) }));
}

function applyPenalties(logits: Float64Array, recent: readonly number[], options: SamplingOptions): void {
  const { repeatPenalty = 1, frequencyPenalty = 0, presencePenalty = 0, penaltyLastN = 64 } = options;
  const counts = new Map<number, number>();
  for (const id of penaltyLastN > 0 ? recent.slice(-penaltyLastN) : [])
    counts.set(id, (counts.get(id) ?? 0) + 1);
  for (const [id, count] of counts) {
    const value = logits[id]!;
    logits[id] = value > 0 ? value / repeatPenalty : value * repeatPenalty;
    logits[id]! -= count * frequencyPenalty + presencePenalty;
  }
}

/**
 * Picks the next id from a row of logits (which it changes).
 * @param recent ids before it, oldest first, for the penalties
 */
export function sampleToken(
  logits: Float64Array,
  recent: readonly number[],
  options: SamplingOptions,
  draw: () => number,
): number {
  for (const [id, bias] of options.logitBias ?? []) logits[id]! += bias;
  applyPenalties(logits, recent, options);
  const { temperature = 0, topK = 0, topP = 1, minP = 0 } = options;
  const kept = temperature <= 0 ? 1 : topK > 0 ? topK : logits.length;
  const chances = topChances(logSoftmax(logits), kept);
  const best = chances[0]!;
  if (temperature <= 0) return best.id;

  let mass = 0;
  const nucleus = chances.filter(({ p }) => {
    const isKept = mass < topP && p >= minP * best.p;
    mass += p;
    return isKept;
  });
  const weights = nucleus.map(({ p }) => p ** (1 / temperature));
  let left = draw() * weights.reduce((sum, weight) => sum + weight, 0);
  for (const [index, weight] of weights.entries()) {
    left -= weight;
    if (left < 0) return nucleus[index]!.id;
  }
  return best.id;
}
