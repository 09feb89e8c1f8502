/** How fast a model answers: a moving average over what it answered. */

import type { Lease, ServedSpeed } from "./fleet.ts";

/** Weight of the newest answer: the last dozen make the figure. */
const NEWEST = 0.2;
/** Fewer tokens say more about the moment of measuring than about speed. */
const FEWEST_TOKENS = 4;

/** The averages after one more answer; a part of it that is too short to measure changes nothing. */
export function averageSpeed(speed: ServedSpeed, answer: Parameters<Lease["observe"]>[0]): ServedSpeed {
  const { promptTokens, cachedTokens, completionTokens, timings } = answer;
  return {
    prompt: moved(speed.prompt, promptTokens - cachedTokens, timings.prompt),
    // The time of the first token is the prompt's.
    generation: moved(speed.generation, completionTokens - 1, timings.generation),
  };
}

function moved(average: number | undefined, tokens: number, ms: number): number | undefined {
  if (!(tokens >= FEWEST_TOKENS && ms > 0)) return average;
  const newest = (1_000 * tokens) / ms;
  return average === undefined ? newest : average + NEWEST * (newest - average);
}
