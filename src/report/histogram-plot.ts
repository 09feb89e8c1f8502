/** Histogram of one figure for two groups, each as shares of its own size, so that few glitches stay visible. */

import {
  axes,
  type Box,
  coordinate,
  element,
  figure,
  INK,
  type Ink,
  label,
  linearScale,
  roomyRange,
} from "./svg.ts";

/** Values that are drawn in one colour. */
export interface HistogramGroup {
  readonly name: string;
  readonly ink: Ink;
  readonly values: readonly number[];
}

/** What histogramPlot draws. */
export interface HistogramOptions {
  /** Unique in the page. */
  readonly id: string;
  readonly title: string;
  readonly description: string;
  readonly xTitle: string;
  /** The first group is drawn as bars, the later ones as outlines over them. */
  readonly groups: readonly HistogramGroup[];
  /** @default 32 */
  readonly bins?: number;
}

const SIZE = { width: 340, height: 200 };
const AREA: Box = { left: 40, right: 330, top: 44, bottom: 160 };

/** Draws the plot; values that are not finite are left out. */
export function histogramPlot(options: HistogramOptions): string {
  const bins = options.bins ?? 32;
  const groups = options.groups.map((group) => ({ ...group, values: group.values.filter(Number.isFinite) }));
  const [low, high] = extremes(groups.flatMap((group) => group.values));
  const shares = groups.map((group) => binShares(group.values, low, high, bins));
  const x = linearScale(low, high, AREA.left, AREA.right, 4);
  const top = Math.max(0.01, ...shares.flat());
  const y = linearScale(0, top, AREA.bottom, AREA.top, 3);
  const edge = (bin: number) => AREA.left + (bin / bins) * (AREA.right - AREA.left);
  const drawn = groups.map((group, index) => {
    const heights = shares[index]!.map((share) => y.at(share));
    return index === 0
      ? element("path", { d: bars(heights, edge), fill: INK[group.ink], "fill-opacity": "0.45" })
      : element("path", {
          d: outline(heights, edge),
          fill: "none",
          stroke: INK[group.ink],
          "stroke-width": 1.8,
        });
  });
  const percent = {
    at: y.at,
    ticks: y.ticks.map(({ value }) => ({ value, text: `${coordinate(value * 100)}%` })),
  };
  return figure(
    options.id,
    SIZE,
    options,
    [
      ...groups.map((group, index) =>
        label(AREA.left + index * 130, 14, `${index === 0 ? "■" : "◻"} ${group.name}`, {
          fill: INK[group.ink],
        }),
      ),
      axes(AREA, x, percent, { x: options.xTitle, y: "share of the group" }),
      ...drawn,
    ].join("\n"),
  );
}

function extremes(values: readonly number[]): [number, number] {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of values) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  if (low > high) return [0, 1];
  return roomyRange(low, high);
}

/** Share of the values in each of `bins` equal steps from low to high; the last step includes its end. */
export function binShares(values: readonly number[], low: number, high: number, bins: number): number[] {
  const counts = new Array<number>(bins).fill(0);
  for (const value of values) {
    const bin = Math.min(bins - 1, Math.floor(((value - low) / (high - low)) * bins));
    counts[bin]! += 1;
  }
  return counts.map((count) => (values.length === 0 ? 0 : count / values.length));
}

function bars(heights: readonly number[], edge: (bin: number) => number): string {
  const c = coordinate;
  return heights
    .map(
      (height, bin) =>
        `M${c(edge(bin) + 0.5)} ${c(AREA.bottom)}V${c(height)}H${c(edge(bin + 1) - 0.5)}V${c(AREA.bottom)}z`,
    )
    .join("");
}

function outline(heights: readonly number[], edge: (bin: number) => number): string {
  const c = coordinate;
  const steps = heights.map((height, bin) => `V${c(height)}H${c(edge(bin + 1))}`);
  return `M${c(edge(0))} ${c(AREA.bottom)}${steps.join("")}V${c(AREA.bottom)}`;
}
