/** A mixture of two normal distributions on a line: which of the controls are themselves glitch tokens? */

/** One of the two groups. */
export interface Component {
  readonly weight: number;
  readonly mean: number;
  readonly deviation: number;
}

export interface TwoComponents {
  readonly lower: Component;
  readonly upper: Component;
  /** Ashman's D: above 2 the groups are apart (Ashman, Bird and Zepf 1994). */
  readonly separation: number;
  /** Where both groups are equally likely; values below belong to the lower one. */
  readonly border: number;
}

/** Narrower groups than this (in logits) are rounding, not groups. */
const LEAST_DEVIATION = 0.25;
const ROUNDS = 60;
const APART = 2;

/**
 * Fits two normal distributions by expectation maximisation from the best two-means cut; no random start.
 * @returns undefined where one group explains the values: fewer than 8 of them, or the two are not apart
 */
export function fitTwoComponents(values: readonly number[]): TwoComponents | undefined {
  if (values.length < 8) return undefined;
  const sorted = [...values].sort((a, b) => a - b);
  const cut = bestCut(sorted);
  let lower = describe(sorted, (index) => (index < cut ? 1 : 0));
  let upper = describe(sorted, (index) => (index < cut ? 0 : 1));
  for (let round = 0; round < ROUNDS; round++) {
    const shares = sorted.map((value) => lowerShare(value, lower, upper));
    lower = describe(sorted, (index) => shares[index]!);
    upper = describe(sorted, (index) => 1 - shares[index]!);
  }
  const spread = Math.hypot(lower.deviation, upper.deviation);
  const separation = (Math.SQRT2 * Math.abs(upper.mean - lower.mean)) / spread;
  const isOneGroup = Math.min(lower.weight, upper.weight) * sorted.length < 1;
  if (isOneGroup || !(separation > APART)) return undefined;
  return { lower, upper, separation, border: findBorder(lower, upper) };
}

/** Size of the left part that leaves the least variance within both (Otsu 1979, on sorted values). */
function bestCut(sorted: readonly number[]): number {
  const total = sorted.reduce((sum, value) => sum + value, 0);
  let best = 1;
  let bestBetween = -1;
  let left = 0;
  for (let cut = 1; cut < sorted.length; cut++) {
    left += sorted[cut - 1]!;
    const right = sorted.length - cut;
    const gap = left / cut - (total - left) / right;
    const between = cut * right * gap * gap;
    if (between > bestBetween) {
      best = cut;
      bestBetween = between;
    }
  }
  return best;
}

function describe(values: readonly number[], share: (index: number) => number): Component {
  let weight = 0;
  let sum = 0;
  values.forEach((value, index) => {
    weight += share(index);
    sum += share(index) * value;
  });
  const mean = weight > 0 ? sum / weight : 0;
  let square = 0;
  values.forEach((value, index) => {
    square += share(index) * (value - mean) ** 2;
  });
  const deviation = weight > 0 ? Math.sqrt(square / weight) : 0;
  return { weight: weight / values.length, mean, deviation: Math.max(LEAST_DEVIATION, deviation) };
}

/** Probability that a value is of the lower group; far out, where both densities vanish, the nearer mean wins. */
function lowerShare(value: number, lower: Component, upper: Component): number {
  const log = ({ weight, mean, deviation }: Component) =>
    Math.log(weight) - Math.log(deviation) - 0.5 * ((value - mean) / deviation) ** 2;
  // A wide group also claims what lies beyond the narrow one; an order on a line doesn't allow that.
  if (value <= lower.mean) return 1;
  if (value >= upper.mean) return 0;
  return 1 / (1 + Math.exp(log(upper) - log(lower)));
}

function findBorder(lower: Component, upper: Component): number {
  let [low, high] = [lower.mean, upper.mean];
  for (let round = 0; round < 60; round++) {
    const middle = (low + high) / 2;
    if (lowerShare(middle, lower, upper) > 0.5) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}
