/** Recall curves: share of the attainable against the budget, a line a method, a band where seeds or models differ. */

import type { MethodCurve, MethodScores, Spread, TargetId } from "../measure/index.ts";
import { TARGET_WORDS } from "./mining-bench-table.ts";
import { axes, type Box, coordinate, element, figure, INK, label, linearScale, type Scale } from "./svg.ts";

/** Lines differ in dashes as well as in colour. The first six are told apart by the colour-blind (after Okabe and Ito 2008). */
export const LINES = [
  { ink: "var(--line-1, #0072b2)", dash: undefined, width: 3 },
  { ink: "var(--line-2, #d55e00)", dash: "7 3", width: 1.8 },
  { ink: "var(--line-3, #00835c)", dash: "2 3", width: 1.8 },
  { ink: "var(--line-4, #b05a8a)", dash: "9 3 2 3", width: 1.8 },
  { ink: "var(--line-5, #a87900)", dash: "4 2", width: 1.8 },
  { ink: "var(--line-6, #6b7480)", dash: "1 2", width: 1.8 },
  { ink: "var(--line-7, #56409c)", dash: "12 3", width: 1.8 },
  { ink: "var(--line-8, #7a4a1d)", dash: "5 2 1 2 1 2", width: 1.8 },
] as const;

const SIZE = { width: 860, height: 380 };
// The room on the right is for the names of the methods.
const AREA: Box = { left: 52, right: 690, top: 40, bottom: 332 };
const NAME_HEIGHT = 15;

/** One point of a line. */
interface Place {
  readonly x: number;
  readonly spread: Spread;
}

/** Draws the curves of one target; the first method is drawn last, over the others. */
export function recallCurves(scores: MethodScores, target: TargetId, id: string): string {
  const lines = scores.curves.map((curve, index) => ({
    method: curve.method,
    style: LINES[index % LINES.length]!,
    places: placesOf(curve, target),
  }));
  const drawn = lines.filter(({ places }) => places.length > 0);
  const most = Math.max(0.01, ...drawn.flatMap(({ places }) => places.map(({ x }) => x)));
  const x = percent(linearScale(0, most, AREA.left, AREA.right));
  const y = percent(linearScale(0, 1, AREA.bottom, AREA.top, 5));
  const { title } = TARGET_WORDS[target];
  return figure(
    id,
    SIZE,
    {
      title: `${scores.name}: ${title}, share of the attainable against the budget`,
      description: drawn
        .map(({ method, places }) => `${method} ends at ${(100 * places.at(-1)!.spread.mean).toFixed(1)} %.`)
        .join(" "),
    },
    [
      axes(AREA, x, y, {
        x: "probes charged, as a share of the candidates",
        y: target === "decoys" ? title : `${title}: share of the attainable`,
      }),
      ...drawn.map(({ style, places }) => band(places, style.ink, x, y)),
      ...drawn.toReversed().map(({ style, places }) => line(places, style, x, y)),
      names(drawn, x, y),
    ].join("\n"),
  );
}

function placesOf({ points }: MethodCurve, target: TargetId): Place[] {
  return points.flatMap(({ budget, attained }) => {
    const spread = attained[target];
    return spread === undefined ? [] : [{ x: budget, spread }];
  });
}

function line(
  places: readonly Place[],
  { ink, dash, width }: (typeof LINES)[number],
  x: Scale,
  y: Scale,
): string {
  const [first, ...rest] = places.map(
    ({ x: at, spread }) => `${coordinate(x.at(at))} ${coordinate(y.at(spread.mean))}`,
  );
  return element("path", {
    d: `M${first}${rest.map((place) => `L${place}`).join("")}`,
    fill: "none",
    stroke: ink,
    "stroke-width": width,
    "stroke-dasharray": dash,
    "stroke-linejoin": "round",
  });
}

/** From the least to the greatest value; nothing where all are equal. */
function band(places: readonly Place[], ink: string, x: Scale, y: Scale): string {
  if (places.every(({ spread }) => spread.min === spread.max)) return "";
  const edge = (of: "min" | "max") =>
    places.map(({ x: at, spread }) => `${coordinate(x.at(at))} ${coordinate(y.at(spread[of]))}`);
  return element("path", {
    d: `M${[...edge("max"), ...edge("min").toReversed()].join("L")}z`,
    fill: ink,
    "fill-opacity": "0.13",
  });
}

/** Names beside the ends of the lines, moved apart where they would cover each other. */
function names(
  lines: readonly { method: string; style: (typeof LINES)[number]; places: readonly Place[] }[],
  x: Scale,
  y: Scale,
): string {
  const ends = lines
    .map((one) => ({ ...one, at: x.at(one.places.at(-1)!.x), height: y.at(one.places.at(-1)!.spread.mean) }))
    .sort((a, b) => a.height - b.height);
  // From above each as low as it must be; then up again as far as the names would run out of the frame.
  const rows: number[] = [];
  for (const { height } of ends)
    rows.push(Math.max(height, (rows.at(-1) ?? Number.NEGATIVE_INFINITY) + NAME_HEIGHT));
  for (let row = rows.length - 1, lowest = AREA.bottom; row >= 0; row--, lowest -= NAME_HEIGHT)
    rows[row] = Math.min(rows[row]!, lowest);
  return ends
    .map(({ method, style, at, height }, index) => {
      const row = rows[index]!;
      const lead = `M${coordinate(at + 3)} ${coordinate(height)}L${coordinate(AREA.right + 14)} ${coordinate(row)}`;
      const sample = `M${AREA.right + 14} ${coordinate(row)}h26`;
      const { ink, dash, width } = style;
      return [
        element("path", { d: lead, fill: "none", stroke: INK.grid }),
        element("path", {
          d: sample,
          fill: "none",
          stroke: ink,
          "stroke-width": width,
          "stroke-dasharray": dash,
        }),
        label(AREA.right + 46, row + 4, method, { fill: INK.text }),
      ].join("");
    })
    .join("\n");
}

/** The same scale with its ticks as percentages. */
function percent({ at, ticks }: Scale): Scale {
  return { at, ticks: ticks.map(({ value }) => ({ value, text: `${coordinate(value * 100)}%` })) };
}
