/** Figures of a comparison of models as people read them. */

import type { Figure, MemorySlope, TaskScore } from "../measure/index.ts";
import { formatCount, formatShare } from "./format.ts";

/** Three significant digits, whole from 100 on: 1,234 or 12.3. */
export function plainFigure(value: number): string {
  if (!Number.isFinite(value)) return "–";
  return Math.abs(value) >= 100 ? formatCount(value) : String(Number(value.toPrecision(3)));
}

/** "12.3 (11.9 to 12.8)", or the value alone where it was measured once. */
export function figureText(
  figure: Figure | undefined,
  form: (value: number) => string = plainFigure,
): string {
  if (figure === undefined) return "–";
  const { median, min, max, runs } = figure;
  return runs < 2 ? form(median) : `${form(median)} (${form(min)} to ${form(max)})`;
}

/** A ratio with two decimals. */
export function ratioText(ratio: Figure | undefined): string {
  return figureText(ratio, (value) => value.toFixed(2));
}

/** Bytes as "24.62 GiB" or "204 MiB". */
export function bytesText(bytes: number): string {
  return bytes >= 2 ** 30 ? `${(bytes / 2 ** 30).toFixed(2)} GiB` : `${plainFigure(bytes / 2 ** 20)} MiB`;
}

/** Milliseconds as "12.3 ms" or "4.56 s". */
export function waitText(ms: number): string {
  return ms < 1000 ? `${plainFigure(ms)} ms` : `${(ms / 1000).toFixed(2)} s`;
}

/** "15 of 16, 94% [72%, 99%]". */
export function scoreText({ right, items, accuracy, low, high }: TaskScore): string {
  return `${right} of ${items}, ${formatShare(accuracy)} [${formatShare(low)}, ${formatShare(high)}]`;
}

/** Growth in megabytes (10^6 bytes) a minute, with its interval. */
export function slopeText(slope: MemorySlope | undefined): string {
  if (slope === undefined) return "too short to tell";
  const form = (bytes: number) => {
    const text = (bytes / 1e6).toFixed(2);
    return Number(text) === 0 ? "0.00" : bytes > 0 ? `+${text}` : text;
  };
  return `${form(slope.perMinute)} MB/min [${form(slope.low)}, ${form(slope.high)}]`;
}
