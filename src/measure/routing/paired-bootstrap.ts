/** Intervals by drawing items with repetition: everything that is compared is computed on the same draws. */

import { createRandom } from "../../random.ts";
import { quantile } from "../models/figure.ts";

/** A figure with its 95 % interval. */
export interface Estimate {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/** Percentiles at the ends need some hundreds of draws; twice as many change their second digit. */
const DRAWS = 2_000;

/**
 * Draws, and gives each figure its percentile interval (Efron and Tibshirani 1993, chapter 13).
 * @param groups of items; as many are drawn from each as it has, since the tasks were chosen and not drawn
 * @param figures computed from how often each item counts; undefined where a draw has none
 * @returns in the order of the figures; undefined where the items themselves, or one draw in ten, have none
 */
export function pairedBootstrap(
  groups: readonly (readonly number[])[],
  figures: (counts: Float64Array) => readonly (number | undefined)[],
  { seed = 0, draws = DRAWS }: { seed?: number; draws?: number } = {},
): (Estimate | undefined)[] {
  const size = groups.reduce((sum, group) => sum + group.length, 0);
  const values = figures(new Float64Array(size).fill(1));
  const drawn: number[][] = values.map(() => []);
  const random = createRandom(seed);
  const counts = new Float64Array(size);
  for (let draw = 0; draw < draws; draw++) {
    counts.fill(0);
    for (const group of groups)
      for (let item = 0; item < group.length; item++)
        counts[group[Math.floor(random() * group.length)]!]! += 1;
    for (const [index, value] of figures(counts).entries())
      if (value !== undefined) drawn[index]!.push(value);
  }
  return values.map((value, index) => {
    const some = drawn[index]!;
    if (value === undefined || some.length < 0.9 * draws) return undefined;
    return { value, low: quantile(some, 0.025), high: quantile(some, 0.975) };
  });
}
