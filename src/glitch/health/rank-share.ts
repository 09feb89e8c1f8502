/** Figures of different sizes and shapes made comparable: each by its place among the candidates. */

/**
 * Share of a reference's values that lie below each value, equal ones counted half: in [0, 1], 0.5 in the middle.
 *
 * @param values figures to place, [n]
 * @param reference the figures among which they are placed; not empty, no NaN
 * @returns shares, [n]; NaN where the value is
 * @example rankShares([1, 5, 9], [1, 2, 9, 9]) // [0.125, 0.5, 0.75]
 */
export function rankShares(values: ArrayLike<number>, reference: Iterable<number>): Float64Array {
  const sorted = Float64Array.from(reference).sort();
  return Float64Array.from(values, (value) =>
    Number.isNaN(value)
      ? value
      : (countUnder(sorted, value, false) + countUnder(sorted, value, true)) / 2 / sorted.length,
  );
}

/**
 * Spearman's rank correlation of two rows of figures, equal ones with their mean rank; 0 where one of them
 * does not vary.
 */
export function rankCorrelation(a: readonly number[], b: readonly number[]): number {
  const [x, y] = [rankShares(a, a), rankShares(b, b)];
  // Mean ranks always have the mean 0.5.
  let [xy, xx, yy] = [0, 0, 0];
  for (let i = 0; i < x.length; i++) {
    const [dx, dy] = [x[i]! - 0.5, y[i]! - 0.5];
    xy += dx * dy;
    xx += dx * dx;
    yy += dy * dy;
  }
  return xx > 0 && yy > 0 ? xy / Math.sqrt(xx * yy) : 0;
}

/** How many sorted values are below `value`, or not above it. */
function countUnder(sorted: Float64Array, value: number, inclusive: boolean): number {
  let [from, to] = [0, sorted.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    const isUnder = inclusive ? sorted[middle]! <= value : sorted[middle]! < value;
    if (isUnder) from = middle + 1;
    else to = middle;
  }
  return from;
}
