/** Log-odds, in which answers of a model spread evenly enough for means and deviations to mean something. */

/** Odds beyond 1 : 1e9 are rounding of float32 logits. */
const LIMIT = Math.log(1e9);

/** ln(p / (1 - p)) from ln p, within ±20.7. */
export function logit(logp: number): number {
  const rest = -Math.expm1(Math.min(0, logp));
  return Math.max(-LIMIT, Math.min(LIMIT, logp - Math.log(rest)));
}

/** The inverse: p of a log-odds. */
export function sigmoid(value: number): number {
  return 1 / (1 + Math.exp(-value));
}

/** Six significant digits: what a figure is worth, and the same text in every run. */
export function roundFigure(value: number): number {
  return Number(value.toPrecision(6));
}
