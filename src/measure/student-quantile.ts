/** How much wider an interval has to be when its width was estimated from few values. */

/** 97.5 % quantile of Student's t for 1 to 30 degrees of freedom (any table of the distribution). */
const QUANTILES = [
  12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.16, 2.145, 2.131,
  2.12, 2.11, 2.101, 2.093, 2.086, 2.08, 2.074, 2.069, 2.064, 2.06, 2.056, 2.052, 2.048, 2.045, 2.042,
];

const NORMAL = 1.959963984540054;

/**
 * The factor of a two-sided 95 % interval; beyond the table the first term of the expansion in 1/n, right to
 * three digits there.
 * @param degrees of freedom, at least 1
 */
export function studentQuantile(degrees: number): number {
  return QUANTILES[degrees - 1] ?? NORMAL + (NORMAL ** 3 + NORMAL) / (4 * degrees);
}
