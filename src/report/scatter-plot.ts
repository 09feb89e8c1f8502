/** Scatter plot: a linear figure across, a probability upwards on decades, threshold lines, series by colour and shape. */

import { escapeHtml } from "./escape.ts";
import { formatCount, formatFigure } from "./format.ts";
import {
  axes,
  type Box,
  coordinate,
  decadeScale,
  element,
  figure,
  INK,
  type Ink,
  label,
  linearScale,
  markPath,
  type Scale,
  type Shape,
} from "./svg.ts";

/** One mark. */
export interface ScatterPoint {
  readonly x: number;
  /** A probability, 0 to 1. */
  readonly y: number;
  /** Becomes `data-id`, by which a page finds what belongs to a mark. */
  readonly id: number;
  /** Shown when the pointer rests on the mark. */
  readonly name: string;
}

/** Marks of one colour and shape, with their entry in the legend. */
export interface ScatterSeries {
  readonly name: string;
  readonly ink: Ink;
  readonly shape: Shape;
  readonly points: readonly ScatterPoint[];
  /** Draw at most this many points, as one path without names. Without it each point is drawn and named. */
  readonly atMost?: number;
}

/** What scatterPlot draws. */
export interface ScatterOptions {
  /** Unique in the page. */
  readonly id: string;
  readonly title: string;
  readonly description: string;
  readonly xTitle: string;
  readonly yTitle: string;
  /** Later series are drawn over earlier ones. */
  readonly series: readonly ScatterSeries[];
  /** Horizontal lines at given probabilities. */
  readonly thresholds: readonly { value: number; name: string }[];
}

const SIZE = { width: 860, height: 440 };
// The room on the right is for the names of the threshold lines.
const AREA: Box = { left: 52, right: 690, top: 60, bottom: 392 };
// Below this a float32 softmax over a vocabulary says nothing more than "never".
const LOWEST_DECADE = -12;
const RADIUS = 2;

/** Draws the plot; points with a figure that is not finite are left out. */
export function scatterPlot(options: ScatterOptions): string {
  const series = options.series.map((one) => ({ ...one, points: one.points.filter(isDrawable) }));
  const points = series.flatMap((one) => one.points);
  const x = linearScale(...range(points.map((point) => point.x)), AREA.left + 8, AREA.right - 8);
  const y = probabilityScale([
    ...points.map((point) => point.y),
    ...options.thresholds.map((line) => line.value),
  ]);
  const drawn = series.map((one) => ({ ...one, kept: thin(one.points, one.atMost, x, y) }));
  return figure(
    options.id,
    SIZE,
    options,
    [
      legend(drawn),
      axes(AREA, x, y, { x: options.xTitle, y: options.yTitle }),
      ...thresholdLines(options.thresholds, y),
      ...drawn.map((one) => marks(one, one.kept, x, y)),
    ].join("\n"),
  );
}

function isDrawable(point: ScatterPoint): boolean {
  return Number.isFinite(point.x) && Number.isFinite(point.y);
}

/** Spreading a large array into Math.min overflows the stack, so the extremes are looked for. */
function range(values: readonly number[]): [number, number] {
  if (values.length === 0) return [0, 1];
  return [
    values.reduce((low, value) => Math.min(low, value)),
    values.reduce((high, value) => Math.max(high, value)),
  ];
}

function probabilityScale(values: readonly number[]): Scale {
  const [lowest] = range(values.filter((value) => value > 0));
  const decade = Math.floor(Math.log10(lowest || 0.1));
  return decadeScale(Math.max(LOWEST_DECADE, Math.min(decade, -1)), 0, AREA.bottom, AREA.top);
}

/**
 * At most `atMost` points that look like all of them: first one of each spot of a mark's size, so that no
 * outlier is lost, then others at even steps, so that dense regions stay dense.
 */
function thin(
  points: readonly ScatterPoint[],
  atMost: number | undefined,
  x: Scale,
  y: Scale,
): readonly ScatterPoint[] {
  if (atMost === undefined || points.length <= atMost) return points;
  const spots = new Set<string>();
  const alone: ScatterPoint[] = [];
  const others: ScatterPoint[] = [];
  for (const point of points) {
    const spot = `${Math.round(x.at(point.x) / RADIUS)} ${Math.round(y.at(point.y) / RADIUS)}`;
    (spots.has(spot) ? others : alone).push(point);
    spots.add(spot);
  }
  const first = atEvenSteps(alone, atMost);
  return [...first, ...atEvenSteps(others, atMost - first.length)];
}

function atEvenSteps<T>(items: readonly T[], count: number): T[] {
  if (items.length <= count) return [...items];
  return Array.from({ length: count }, (_, index) => items[Math.floor((index * items.length) / count)]!);
}

function marks(series: ScatterSeries, points: readonly ScatterPoint[], x: Scale, y: Scale): string {
  const path = (point: ScatterPoint, radius: number) =>
    markPath(series.shape, x.at(point.x), y.at(point.y), radius);
  if (series.atMost !== undefined) {
    const d = points.map((point) => path(point, RADIUS)).join("");
    return d === "" ? "" : element("path", { d, fill: INK[series.ink], "fill-opacity": "0.45" });
  }
  const each = points.map((point) =>
    element(
      "path",
      { "data-id": String(point.id), d: path(point, RADIUS * 1.8) },
      element("title", {}, escapeHtml(point.name)),
    ),
  );
  return element("g", { fill: INK[series.ink], "fill-opacity": "0.85" }, each.join("\n"));
}

function legend(series: readonly (ScatterSeries & { kept: readonly ScatterPoint[] })[]): string {
  let left = AREA.left;
  return series
    .map((one) => {
      const all = formatCount(one.points.length);
      const count =
        one.kept.length < one.points.length ? `${formatCount(one.kept.length)} of ${all} drawn` : all;
      const text = `${one.name} (${count})`;
      const mark = element("path", { d: markPath(one.shape, left + 4, 14, 4.5), fill: INK[one.ink] });
      const entry = mark + label(left + 14, 18, text, { fill: INK.text });
      // A static file cannot measure text; 7 pixels a letter is wide enough for common fonts at this size.
      left += 40 + text.length * 7;
      return entry;
    })
    .join("\n");
}

/** Dashed lines with their names beside the plot, moved down where they would cover each other. */
function thresholdLines(thresholds: ScatterOptions["thresholds"], y: Scale): string[] {
  let free = AREA.top - 14;
  return thresholds
    .filter(({ value }) => Number.isFinite(value))
    .toSorted((a, b) => b.value - a.value)
    .map(({ value, name }) => {
      const height = y.at(value);
      free = Math.max(height, free + 14);
      const line = `M${AREA.left} ${coordinate(height)}H${AREA.right}L${AREA.right + 14} ${coordinate(free)}`;
      const text = `${shortened(name)} ${formatFigure(value)}`;
      return (
        element("path", { d: line, fill: "none", stroke: INK.text, "stroke-dasharray": "5 4" }) +
        label(AREA.right + 18, free + 4, text, { fill: INK.text })
      );
    });
}

/** What fits beside the plot. */
function shortened(name: string): string {
  return name.length > 18 ? `${name.slice(0, 17)}…` : name;
}
