/**
 * A small kit for static SVG plots: elements, scales with round ticks, a frame with axes and a legend.
 * Same input, same bytes; no script. Colours are CSS variables with defaults that hold on white and on black,
 * so a plot follows the page's light or dark theme and still stands alone.
 */

import { escapeHtml } from "./escape.ts";

/** Attributes; undefined ones are left out. */
export type Attributes = Readonly<Record<string, string | number | undefined>>;

/** One SVG element as text. Attribute values are escaped; `content` is markup and must be safe already. */
export function element(name: string, attributes: Attributes, content = ""): string {
  const written = Object.entries(attributes)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => ` ${key}="${typeof value === "number" ? coordinate(value) : escapeHtml(value!)}"`)
    .join("");
  return content === "" ? `<${name}${written}/>` : `<${name}${written}>${content}</${name}>`;
}

/** A number with at most one decimal: a tenth of a pixel is enough, and keeps files small and diffs calm. */
export function coordinate(value: number): string {
  const rounded = Math.round(value * 10) / 10;
  return String(Object.is(rounded, -0) ? 0 : rounded);
}

/** A line of text; `anchor` is start, middle or end. */
export function label(x: number, y: number, text: string, attributes: Attributes = {}): string {
  return element("text", { x, y, fill: INK.muted, ...attributes }, escapeHtml(text));
}

/** Colours by meaning; the variables are the page's, the defaults for a plot that stands alone. */
export const INK = {
  text: "var(--ink, #5b6470)",
  muted: "var(--ink-muted, #767f8c)",
  grid: "var(--plot-grid, #8886)",
  normal: "var(--verdict-normal, #4e7fb5)",
  glitch: "var(--verdict-glitch, #d1495b)",
  uncertain: "var(--verdict-uncertain, #c98a1b)",
} as const;

/** Name of a colour. */
export type Ink = keyof typeof INK;

/** Series differ in shape as well as in colour, for print and for readers who do not tell the colours apart. */
export type Shape = "circle" | "triangle" | "diamond";

/** Path data of one mark around a place, about 2 * r wide. */
export function markPath(shape: Shape, x: number, y: number, r: number): string {
  const c = coordinate;
  switch (shape) {
    case "circle":
      return `M${c(x - r)} ${c(y)}a${c(r)} ${c(r)} 0 1 0 ${c(2 * r)} 0a${c(r)} ${c(r)} 0 1 0 ${c(-2 * r)} 0z`;
    case "triangle":
      return `M${c(x)} ${c(y - r)}l${c(r)} ${c(1.8 * r)}h${c(-2 * r)}z`;
    case "diamond":
      return `M${c(x)} ${c(y - r)}l${c(r)} ${c(r)}l${c(-r)} ${c(r)}l${c(-r)} ${c(-r)}z`;
  }
}

/** A named place on an axis. */
export interface Tick {
  readonly value: number;
  readonly text: string;
}

/** Maps values to pixels and names the round values between. */
export interface Scale {
  readonly at: (value: number) => number;
  readonly ticks: readonly Tick[];
}

/**
 * The range itself, or room around it where its ends are one value as far as floats can tell: there every
 * place on an axis would be 0 / 0.
 */
export function roomyRange(low: number, high: number): [number, number] {
  const size = Math.max(Math.abs(low), Math.abs(high));
  if (high - low > Math.max(1e-12 * size, 1e-300)) return [low, high];
  const room = size > 1e-300 ? size : 1;
  return [low - room, high + room];
}

/** A linear scale over [low, high] to pixels [from, to]; ticks at 1, 2 or 5 times a power of ten. */
export function linearScale(low: number, high: number, from: number, to: number, wanted = 6): Scale {
  const [start, end] = roomyRange(low, high);
  const at = (value: number) => from + ((value - start) / (end - start)) * (to - from);
  const raw = (end - start) / wanted;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = power * ([1, 2, 5].find((factor) => factor * power >= raw) ?? 10);
  const digits = Math.max(0, -Math.floor(Math.log10(step)));
  const ticks: Tick[] = [];
  const first = Math.ceil(start / step);
  // Bounded by count: with a range under the float's resolution `index++` alone would never end.
  for (let index = 0; index <= 2 * wanted; index++) {
    const value = (first + index) * step;
    if (value > end) break;
    const text = digits > 6 || Math.abs(value) >= 1e6 ? value.toExponential(1) : value.toFixed(digits);
    ticks.push({ value, text: Number(text) === 0 ? "0" : text });
  }
  return { at, ticks };
}

/** A log scale over whole decades; values at or under 10^lowest are drawn on the lowest line. */
export function decadeScale(lowest: number, highest: number, from: number, to: number): Scale {
  const at = (value: number) => {
    const decade = value > 0 ? Math.max(Math.log10(value), lowest) : lowest;
    return from + ((Math.min(decade, highest) - lowest) / (highest - lowest)) * (to - from);
  };
  const every = Math.ceil((highest - lowest) / 8);
  const ticks: Tick[] = [];
  for (let decade = highest; decade > lowest; decade -= every)
    ticks.push({ value: 10 ** decade, text: powerOfTen(decade) });
  ticks.push({ value: 10 ** lowest, text: `≤${powerOfTen(lowest)}` });
  return { at, ticks };
}

function powerOfTen(exponent: number): string {
  if (exponent === 0) return "1";
  const digits = [...String(exponent)].map((digit) => (digit === "-" ? "⁻" : "⁰¹²³⁴⁵⁶⁷⁸⁹"[Number(digit)]));
  return `10${digits.join("")}`;
}

/** The plot area in pixels of the view box; y grows downwards. */
export interface Box {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/** Grid lines, tick texts and axis titles around the plot area. */
export function axes(area: Box, x: Scale, y: Scale, titles: { x: string; y: string }): string {
  const { left, right, top, bottom } = area;
  const columns = x.ticks.map(({ value, text }) =>
    label(x.at(value), bottom + 16, text, { "text-anchor": "middle" }),
  );
  const rows = y.ticks.map(({ value, text }) => {
    const height = y.at(value);
    const line = { x1: left, x2: right, y1: height, y2: height, stroke: INK.grid, "stroke-width": 0.5 };
    return element("line", line) + label(left - 6, height + 4, text, { "text-anchor": "end" });
  });
  const base = { x1: left, x2: right, y1: bottom, y2: bottom, stroke: INK.muted };
  return [
    ...rows,
    element("line", base),
    ...columns,
    label((left + right) / 2, bottom + 34, titles.x, { "text-anchor": "middle", fill: INK.text }),
    label(left - 6, top - 10, titles.y, { "text-anchor": "start", fill: INK.text, dx: -left + 10 }),
  ].join("\n");
}

/** The svg element: scalable, with a title and a description for those who cannot see it. */
export function figure(
  id: string,
  size: { width: number; height: number },
  text: { title: string; description: string },
  content: string,
): string {
  return element(
    "svg",
    {
      xmlns: "http://www.w3.org/2000/svg",
      id,
      viewBox: `0 0 ${size.width} ${size.height}`,
      role: "img",
      "aria-labelledby": `${id}-title ${id}-description`,
      "font-family": "system-ui, sans-serif",
      "font-size": 12,
    },
    [
      element("title", { id: `${id}-title` }, escapeHtml(text.title)),
      element("desc", { id: `${id}-description` }, escapeHtml(text.description)),
      content,
    ].join("\n"),
  );
}
