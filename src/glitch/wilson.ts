/** How sure a share of few attempts is. */

export interface Interval {
  readonly estimate: number;
  readonly low: number;
  readonly high: number;
}

/** Two-sided 95 %. */
const Z = 1.959963984540054;

/**
 * Wilson's score interval for `hits` of `trials` (Wilson 1927); it stays in [0, 1] and is honest for 0 and n,
 * where the textbook interval has width zero. No trials: [0, 1] around 0.
 */
export function wilsonInterval(hits: number, trials: number, z = Z): Interval {
  if (trials <= 0) return { estimate: 0, low: 0, high: 1 };
  const share = hits / trials;
  const spread = (z * z) / trials;
  const centre = (share + spread / 2) / (1 + spread);
  const half = (z * Math.sqrt((share * (1 - share) + spread / 4) / trials)) / (1 + spread);
  return {
    estimate: share,
    // At the ends the formula gives the exact bound but for its last bits.
    low: hits === 0 ? 0 : Math.max(0, centre - half),
    high: hits === trials ? 1 : Math.min(1, centre + half),
  };
}
