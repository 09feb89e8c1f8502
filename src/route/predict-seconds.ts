/** How long a model will take for a request, from its measured speeds and its queue. */

import type { RouteCandidate, RouteFeatures } from "./route-decision.ts";
import { ANSWER_TOKENS } from "./score.ts";

/** Seconds of each part. */
export interface PredictedSeconds {
  readonly queue: number;
  readonly prompt: number;
  readonly answer: number;
  readonly total: number;
}

/**
 * Predicts; undefined until both speeds were measured. A bound on the answer is a bound and not a wish: answers
 * seldom fill a large one, so no more than ANSWER_TOKENS are counted. Those who wait are taken to ask for as much
 * as this request, and to be served as many at a time as run now. Loading is left out: nobody has measured it.
 */
export function predictSeconds(
  { promptTokens, promptSpeed, generationSpeed, waiting, active }: RouteCandidate,
  { maxTokens }: RouteFeatures,
): PredictedSeconds | undefined {
  if (!promptSpeed || !generationSpeed) return undefined;
  const prompt = promptTokens / promptSpeed;
  const answer = expectedTokens(maxTokens) / generationSpeed;
  const queue = ((prompt + answer) * waiting) / Math.max(1, active);
  return { queue, prompt, answer, total: queue + prompt + answer };
}

/** Tokens that an answer is taken to have. */
export function expectedTokens(maxTokens: number): number {
  return maxTokens === 0 ? ANSWER_TOKENS : Math.min(maxTokens, ANSWER_TOKENS);
}
