/** Middle and ends of a few measurements. Times have long tails on a busy machine, so the middle is the median. */

/** A figure that was measured several times. */
export interface Figure {
  readonly median: number;
  readonly min: number;
  readonly max: number;
  /** How many measurements there were. */
  readonly runs: number;
}

/** With fewer turns a ratio of two speeds says more about the machine's mood than about what is compared. */
export const RATIO_TURNS = 3;

/**
 * The figure of some values; values that are not finite are left out.
 * @returns undefined if nothing is left
 */
export function figureOf(values: readonly number[]): Figure | undefined {
  const known = values.filter(Number.isFinite);
  if (known.length === 0) return undefined;
  return {
    median: quantile(known, 0.5),
    min: Math.min(...known),
    max: Math.max(...known),
    runs: known.length,
  };
}

/** The figure of quotients, turn by turn; undefined with fewer than RATIO_TURNS of them. */
export function ratioOf(
  values: readonly (number | undefined)[],
  baselines: readonly (number | undefined)[],
): Figure | undefined {
  const quotients = values.map((value, turn) => (value ?? Number.NaN) / (baselines[turn] ?? Number.NaN));
  const figure = figureOf(quotients);
  return figure && figure.runs >= RATIO_TURNS ? figure : undefined;
}

/**
 * A quantile with linear interpolation between neighbours (type 7 of Hyndman and Fan 1996, the usual default).
 * @param values at least one, in any order
 * @param share 0 to 1
 */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const place = share * (sorted.length - 1);
  const low = sorted[Math.floor(place)]!;
  const high = sorted[Math.ceil(place)]!;
  return low + (place - Math.floor(place)) * (high - low);
}
