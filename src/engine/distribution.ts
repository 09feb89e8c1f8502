/** What a probe wants to know of a row of logits. */

import { AppError } from "../errors.ts";
import type { TokenChance } from "./language-model.ts";
import { logitRow } from "./logit-row.ts";

export interface Distribution {
  readonly p: number;
  readonly logp: number;
  readonly rank: number;
  readonly entropy: number;
  readonly top: TokenChance[];
}

/**
 * Chances of `target` under softmax(logits), the entropy in nats and the k best tokens. Equal logits rank by
 * id, as llama.cpp's greedy sampler chooses.
 *
 * The exponentials are float32, as the logits are: relative error of p and the entropy under 1e-6.
 *
 * @param logits [vocabulary]
 * @throws MODEL_INVALID if a logit is NaN or +infinity: the weights are damaged.
 */
export function distribution(logits: Float32Array, target: number, topK: number): Distribution {
  const row = logitRow(logits);
  const { sum, weighted } = row.exponentialSums();
  const logSum = Math.log(sum);
  const entropy = logSum + weighted / sum;
  if (!Number.isFinite(entropy)) throw notNumbers();
  const logp = (id: number) => logits[id]! - row.max - logSum;
  return {
    p: Math.exp(logp(target)),
    logp: logp(target),
    rank: row.rank(target),
    entropy: Math.max(0, entropy),
    top: topK > 0 ? row.top(topK).map((id) => ({ id, p: Math.exp(logp(id)) })) : [],
  };
}

/**
 * ln softmax(logits), [vocabulary]: a copy, as the row itself is overwritten by the next step.
 * @throws MODEL_INVALID if a logit is NaN or +infinity
 */
export function logProbabilities(logits: Float32Array): Float32Array {
  const row = logitRow(logits);
  const logTotal = row.max + Math.log(row.exponentialSums().sum);
  if (!Number.isFinite(logTotal)) throw notNumbers();
  return logits.map((logit) => logit - logTotal);
}

/** ln softmax(logits)[target]. */
export function logProbability(logits: Float32Array, target: number): number {
  const row = logitRow(logits);
  return logits[target]! - row.max - Math.log(row.exponentialSums().sum);
}

/** Damaged weights. */
export function notNumbers(): AppError {
  return new AppError("MODEL_INVALID", "The model computes values that are not numbers.", {
    hint: "Its weights are damaged or overflow on this backend: try --gpu off, then check the file.",
  });
}
