/** Plots of a profile: loss against size, and where the time goes as stacked bars. */

import type { ModelProfile, TimePart } from "../measure/index.ts";
import { formatSeconds, formatShare } from "./format.ts";
import { bytesText } from "./model-bench-words.ts";
import { PART_WORDS } from "./profile-table.ts";
import { axes, type Box, coordinate, element, figure, INK, label, linearScale, markPath } from "./svg.ts";

const SIZE = { width: 860, height: 320 };
const AREA: Box = { left: 64, right: 800, top: 40, bottom: 270 };

/** Perplexity against the size of the file, with intervals of the ratio to the best precision. */
export function lossPlot({ types, best }: ModelProfile, id: string): string {
  const reference = types.find(({ type }) => type === best)?.perplexity?.perplexity ?? 1;
  const points = types.flatMap(({ type, row, perplexity, ratio }) => {
    if (!perplexity) return [];
    const { low, high, ratio: middle } = ratio ?? { low: 1, ratio: 1, high: 1 };
    return [
      {
        type,
        mib: row.fileBytes / 2 ** 20,
        low: low * reference,
        at: middle * reference,
        high: high * reference,
      },
    ];
  });
  const span = (values: readonly number[]): [number, number] => {
    const [low, high] = [Math.min(...values), Math.max(...values)];
    return [low - 0.08 * (high - low), high + 0.08 * (high - low)];
  };
  const x = linearScale(0, 1.08 * Math.max(1, ...points.map(({ mib }) => mib)), AREA.left, AREA.right);
  const y = linearScale(...span(points.flatMap(({ low, high }) => [low, high])), AREA.bottom, AREA.top, 5);
  const marks = points.map(({ type, mib, low, at, high }) => {
    const place = x.at(mib);
    const bar = `M${coordinate(place)} ${coordinate(y.at(low))}V${coordinate(y.at(high))}`;
    return [
      element("path", { d: bar, stroke: INK.normal, "stroke-width": 2 }),
      element("path", { d: markPath("circle", place, y.at(at), 4.5), fill: INK.normal }),
      label(place + 8, y.at(at) - 6, type, { fill: INK.text }),
    ].join("");
  });
  return figure(
    id,
    SIZE,
    {
      title: "Perplexity against size",
      description: points
        .map(({ type, mib, at }) => `${type}: ${bytesText(mib * 2 ** 20)}, ${at.toFixed(2)}.`)
        .join(" "),
    },
    [
      axes(AREA, x, y, { x: "file, MiB", y: `perplexity, with the interval of its ratio to ${best}` }),
      ...marks,
    ].join("\n"),
  );
}

const PART_INKS: Readonly<Record<TimePart, string>> = {
  prompt: "var(--line-1, #0072b2)",
  decode: "var(--line-3, #00835c)",
  sampling: "var(--line-5, #a87900)",
  grammar: "var(--line-2, #d55e00)",
  waiting: "var(--line-6, #6b7480)",
};
const BAR_HEIGHT = 30;
const LABELS = 210;

/** A bar a type and kind of work, as long as the time it took. */
export function timePlot({ types }: ModelProfile, id: string): string {
  const bars = types.flatMap(({ type, times }) => times.map((one) => ({ type, ...one })));
  const area: Box = { left: LABELS, right: AREA.right, top: 46, bottom: 46 + BAR_HEIGHT * bars.length };
  const x = linearScale(0, Math.max(1e-3, ...bars.map(({ total }) => total)), area.left, area.right);
  const parts = Object.keys(PART_WORDS) as TimePart[];
  const rows = bars.flatMap(({ type, workload, seconds }, index) => {
    const top = area.top + index * BAR_HEIGHT + 5;
    let from = 0;
    const drawn = parts.map((part) => {
      const start = x.at(from);
      from += seconds[part];
      const width = Math.max(0, x.at(from) - start);
      return element("rect", { x: start, y: top, width, height: BAR_HEIGHT - 10, fill: PART_INKS[part] });
    });
    const name = label(area.left - 10, top + 14, `${type}, ${workload}`, {
      "text-anchor": "end",
      fill: INK.text,
    });
    return [name, ...drawn];
  });
  const keys = parts.map((part, index) => {
    const left = area.left + index * 105;
    const mark = element("rect", { x: left, y: 12, width: 12, height: 10, fill: PART_INKS[part] });
    return mark + label(left + 18, 21, PART_WORDS[part], { fill: INK.text });
  });
  return figure(
    id,
    { width: SIZE.width, height: area.bottom + 48 },
    {
      title: "Where the time goes",
      description: bars
        .map(({ type, workload, total, seconds }) => {
          const shares = parts.map((part) => `${PART_WORDS[part]} ${formatShare(seconds[part] / total)}`);
          return `${type}, ${workload}, ${formatSeconds(total)}: ${shares.join(", ")}.`;
        })
        .join(" "),
    },
    [axes(area, x, { at: () => area.bottom, ticks: [] }, { x: "seconds", y: "" }), ...keys, ...rows].join(
      "\n",
    ),
  );
}
