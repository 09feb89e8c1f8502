/** Quality against cost: a line an order of the items, a mark a way to route. */

import type { RoutingBench } from "../measure/index.ts";
import { LINES } from "./mining-bench-plot.ts";
import {
  axes,
  type Box,
  coordinate,
  element,
  figure,
  INK,
  label,
  linearScale,
  markPath,
  type Scale,
} from "./svg.ts";

const SIZE = { width: 860, height: 420 };
// The room on the right is for the legend.
const AREA: Box = { left: 56, right: 600, top: 40, bottom: 368 };
const NAME_HEIGHT = 19;
const SHAPES = ["circle", "diamond", "triangle"] as const;

/** Draws curves and marks; the straight line is what a draw by lot gives. */
export function qualityCostPlot({ curves, strategies, small, large }: RoutingBench, id: string): string {
  const qualities = curves.flatMap(({ points }) => points.map(({ quality }) => quality));
  const low = Math.max(0, Math.min(...qualities) - 0.05);
  const high = Math.min(1, Math.max(...qualities) + 0.05);
  const x = percent(linearScale(0, 1, AREA.left, AREA.right, 5));
  const y = percent(linearScale(low, high, AREA.bottom, AREA.top, 6));
  const place = (point: { cost: number; quality: number }) =>
    `${coordinate(x.at(point.cost))} ${coordinate(y.at(point.quality))}`;
  const chord = [curves[0]!.points[0]!, curves[0]!.points.at(-1)!];
  const lines = curves.map(({ id, points }, index) => ({ id, points, ...LINES[index % LINES.length]! }));
  const marks = strategies
    .filter(({ id }) => id !== "random")
    .map((row, index) => ({
      id: row.id,
      shape: SHAPES[index % SHAPES.length]!,
      ink: INK_OF_MARKS[index % INK_OF_MARKS.length]!,
      at: { x: x.at(row.cost), y: y.at(row.quality.value) },
      bar: { from: y.at(Math.max(low, row.quality.low)), to: y.at(Math.min(high, row.quality.high)) },
    }));
  return figure(
    id,
    SIZE,
    {
      title: "Right answers against the large model's tokens",
      description: strategies
        .map(
          (row) =>
            `${row.id}: ${Math.round(100 * row.quality.value)} % right at ${Math.round(100 * row.cost)} % of the cost.`,
        )
        .join(" "),
    },
    [
      axes(AREA, x, y, {
        x: `tokens at ${large.name}, as a share of asking it everything`,
        y: `right answers; at the left ${small.name} alone`,
      }),
      element("path", {
        d: `M${chord.map(place).join("L")}`,
        stroke: INK.text,
        "stroke-dasharray": "2 4",
        fill: "none",
      }),
      ...lines.map(({ points, ink, dash, width }) =>
        element("path", {
          d: `M${points.map(place).join("L")}`,
          ...{ fill: "none", stroke: ink, "stroke-width": width, "stroke-dasharray": dash },
          "stroke-linejoin": "round",
        }),
      ),
      ...marks.map(({ at, bar, ink, shape }, index) => {
        // Ways that come to the same lie on one place: the later are smaller, so that each is seen.
        const covering = marks.slice(index + 1).filter((other) => isNear(at, other.at)).length;
        const radius = 5 + 2.5 * covering;
        const interval = `M${coordinate(at.x)} ${coordinate(bar.from)}V${coordinate(bar.to)}`;
        return (
          element("path", { d: interval, stroke: ink, "stroke-width": 1.2, "stroke-opacity": "0.6" }) +
          element("path", { d: markPath(shape, at.x, at.y, radius), fill: ink })
        );
      }),
      legend(lines, marks),
    ].join("\n"),
  );
}

function isNear(a: { x: number; y: number }, b: { x: number; y: number }): boolean {
  return Math.hypot(a.x - b.x, a.y - b.y) < 3;
}

const INK_OF_MARKS = [
  "var(--line-6, #6b7480)",
  "var(--line-8, #7a4a1d)",
  "var(--line-3, #00835c)",
  "var(--line-1, #0072b2)",
  "var(--line-4, #b05a8a)",
  "var(--line-2, #d55e00)",
  "var(--line-5, #a87900)",
] as const;

function legend(
  lines: readonly { id: string; ink: string; dash: string | undefined; width: number }[],
  marks: readonly { id: string; ink: string; shape: (typeof SHAPES)[number] }[],
): string {
  const left = AREA.right + 28;
  const row = (index: number) => AREA.top + 4 + index * NAME_HEIGHT;
  const text = (index: number, name: string) => label(left + 40, row(index) + 4, name, { fill: INK.text });
  const chord = element("path", {
    d: `M${left} ${row(lines.length)}h30`,
    stroke: INK.text,
    "stroke-dasharray": "2 4",
  });
  return [
    ...lines.map(({ id, ink, dash, width }, index) => {
      const sample = { d: `M${left} ${row(index)}h30`, stroke: ink, "stroke-width": width };
      return element("path", { ...sample, "stroke-dasharray": dash }) + text(index, `by ${id}`);
    }),
    chord + text(lines.length, "a draw by lot"),
    ...marks.map(({ id, ink, shape }, index) => {
      const at = lines.length + 1.5 + index;
      return element("path", { d: markPath(shape, left + 15, row(at), 5), fill: ink }) + text(at, id);
    }),
  ].join("\n");
}

/** The same scale with its ticks as percentages. */
function percent({ at, ticks }: Scale): Scale {
  return { at, ticks: ticks.map(({ value }) => ({ value, text: `${coordinate(value * 100)}%` })) };
}
