/** Scores of refitted weights, each row's by a fit that did not see it (k-fold cross-validation). */

import { createRandom } from "../random.ts";
import { fitLogistic, type LabelledRow } from "./fit-logistic.ts";
import { ROUTE_FEATURES, type RouteWeights } from "./policy/route-policy.ts";
import type { RouteFeatures } from "./route-decision.ts";
import { logistic, scaleFeatures } from "./score.ts";

const FOLDS = 5;

/** Features as the fit takes them: 1 for the bias, then the scaled features. */
export function fitRow(features: RouteFeatures, isHard: boolean): LabelledRow {
  return { inputs: [1, ...scaleFeatures(features)], isHard };
}

/** The weights as a fit takes them. */
export function weightVector(weights: RouteWeights): number[] {
  return [weights.bias, ...ROUTE_FEATURES.map((feature) => weights[feature])];
}

/** One score a row, 0 easy to 1 hard; folds are drawn by the seed. */
export function heldOutScores(
  rows: readonly LabelledRow[],
  weights: RouteWeights,
  { seed = 0 }: { seed?: number } = {},
): number[] {
  const prior = weightVector(weights);
  const folds = foldsOf(rows.length, createRandom(seed));
  const fitted = Array.from({ length: FOLDS }, (_, fold) =>
    fitLogistic(
      rows.filter((_row, index) => folds[index] !== fold),
      prior,
    ),
  );
  return rows.map(({ inputs }, index) => {
    const own = fitted[folds[index]!]!;
    return logistic(inputs.reduce((sum, value, at) => sum + value * own[at]!, 0));
  });
}

/** A fold for each row, all folds as large as can be. */
function foldsOf(rows: number, random: () => number): number[] {
  const folds = Array.from({ length: rows }, (_, index) => index % FOLDS);
  for (let index = rows - 1; index > 0; index--) {
    const other = Math.floor(random() * (index + 1));
    [folds[index], folds[other]] = [folds[other]!, folds[index]!];
  }
  return folds;
}
