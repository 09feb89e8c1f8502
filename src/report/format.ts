/** Figures as people read them. One place, so that page, Markdown and terminal never differ. */

/** Whole numbers with thin grouping: 32000 -> "32,000". */
export function formatCount(count: number): string {
  return Number.isFinite(count) ? Math.round(count).toLocaleString("en-US") : "–";
}

/** A share as a percentage that never rounds to a false 0 % or 100 %: 0.99996 -> ">99.99%". */
export function formatShare(share: number): string {
  if (!Number.isFinite(share)) return "–";
  if (share > 0 && share < 0.0001) return "<0.01%";
  if (share < 1 && share > 0.9999) return ">99.99%";
  const percent = share * 100;
  const digits = percent === Math.round(percent) ? 0 : percent < 1 || percent > 99 ? 2 : 1;
  return `${Number(percent.toFixed(digits))}%`;
}

/** Probabilities, entropies and indicators: three significant digits, powers of ten where small or large. */
export function formatFigure(value: number | undefined): string {
  if (value === undefined || !Number.isFinite(value)) return "–";
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (size < 0.001 || size >= 1e6) return value.toExponential(1);
  return Number.isInteger(value) ? formatCount(value) : String(Number(value.toPrecision(3)));
}

/** Seconds as "7.4 s", "3 min 05 s", "2 h 07 min". */
export function formatSeconds(seconds: number): string {
  if (!Number.isFinite(seconds)) return "–";
  if (seconds < 99.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  const two = (value: number) => String(value).padStart(2, "0");
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${two(whole % 60)} s`;
  return `${Math.floor(whole / 3600)} h ${two(Math.floor((whole % 3600) / 60))} min`;
}
