/** Mean and spread of a few values. */

import type { Spread } from "./mining-scores.ts";
import { TARGETS, type TargetId } from "./targets.ts";

/** @param values at least one */
export function spreadOf(values: readonly number[]): Spread {
  const runs = values.length;
  const min = Math.min(...values);
  const max = Math.max(...values);
  // Equal values have no spread; summing would leave one in the last bits.
  if (min === max) return { mean: min, min, max, deviation: runs > 1 ? 0 : undefined, runs };
  const mean = values.reduce((sum, value) => sum + value, 0) / runs;
  const square = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, min, max, deviation: Math.sqrt(square / (runs - 1)), runs };
}

/** One spread for each target that all have. */
export function mergeAttained(
  all: readonly Partial<Record<TargetId, number>>[],
): Partial<Record<TargetId, Spread>> {
  const common = TARGETS.filter((target) => all.every((shares) => shares[target] !== undefined));
  return Object.fromEntries(
    common.map((target) => [target, spreadOf(all.map((shares) => shares[target]!))] as const),
  );
}
