/** Plots of a comparison of models: speed by parallel requests, quality with intervals, memory against its prediction. */

import type { ModelBench, ModelBenchRow } from "../measure/index.ts";
import { LINES } from "./mining-bench-plot.ts";
import { bytesText, plainFigure } from "./model-bench-words.ts";
import { axes, type Box, coordinate, element, figure, INK, label, linearScale, markPath } from "./svg.ts";

const SIZE = { width: 860, height: 340 };
// The room on the right is for the names of the models.
const AREA: Box = { left: 60, right: 640, top: 40, bottom: 292 };
const NAME_HEIGHT = 16;
const NAME_MOST = 26;

const inkOf = (index: number) => LINES[index % LINES.length]!;

/** Tokens a second against the number of requests: a line a model, a bar from its least to its greatest turn. */
export function speedPlot({ models }: ModelBench, part: "prompt" | "generation", id: string): string {
  const drawn = models.filter(({ speed }) => speed.length > 0);
  const all = drawn.flatMap(({ speed }) => speed);
  const most = Math.max(1, ...all.map((point) => point.parallel));
  const x = linearScale(0, most, AREA.left, AREA.right);
  const y = linearScale(0, Math.max(1, ...all.map((point) => point[part].max)), AREA.bottom, AREA.top, 5);
  const ticks = [...new Set(all.map(({ parallel }) => parallel))].map((value) => ({
    value,
    text: String(value),
  }));
  const lines = drawn.map((row) => {
    const { ink, dash, width } = inkOf(models.indexOf(row));
    const places = row.speed.map((point) => ({ x: x.at(point.parallel), ...point[part] }));
    const path = places.map((place) => `${coordinate(place.x)} ${coordinate(y.at(place.median))}`).join("L");
    const ends = places.map(
      ({ x, min, max }) => `M${coordinate(x)} ${coordinate(y.at(min))}V${coordinate(y.at(max))}`,
    );
    const marks = places.map((place) => markPath("circle", place.x, y.at(place.median), 3.5)).join("");
    return [
      element("path", {
        d: `M${path}`,
        fill: "none",
        stroke: ink,
        "stroke-width": width,
        "stroke-dasharray": dash,
      }),
      element("path", { d: ends.join(""), stroke: ink, "stroke-width": 1.4 }),
      element("path", { d: marks, fill: ink }),
    ].join("\n");
  });
  return figure(
    id,
    SIZE,
    {
      title: `${part === "prompt" ? "Prompt" : "Generation"} speed by parallel requests`,
      description: drawn
        .map(({ name, speed }) => {
          const last = speed.at(-1)!;
          return `${name}: ${plainFigure(last[part].median)} tokens/s at ${last.parallel}.`;
        })
        .join(" "),
    },
    [
      axes(AREA, { ...x, ticks }, y, { x: "parallel requests", y: `${part}, tokens/s over all requests` }),
      ...lines,
      legend(drawn.map((row) => ({ name: row.name, ink: inkOf(models.indexOf(row)).ink }))),
    ].join("\n"),
  );
}

/** Share of right answers a task: a mark a model with its interval, a tick where guessing ends. */
export function qualityPlot({ models }: ModelBench, id: string): string {
  const drawn = models.filter(({ quality }) => quality.length > 0);
  const tasks = drawn[0]?.quality ?? [];
  const step = (AREA.right - AREA.left) / Math.max(1, tasks.length);
  const y = linearScale(0, 1, AREA.bottom, AREA.top, 5);
  const percent = {
    ...y,
    ticks: y.ticks.map(({ value }) => ({ value, text: `${Math.round(100 * value)}%` })),
  };
  const x = {
    at: (task: number) => AREA.left + (task + 0.5) * step,
    ticks: tasks.map(({ task }, value) => ({ value, text: task })),
  };
  const marks = drawn.flatMap((row, index) => {
    const { ink } = inkOf(models.indexOf(row));
    const shift = (index - (drawn.length - 1) / 2) * Math.min(16, step / (drawn.length + 1));
    return row.quality.map(({ accuracy, low, high }, task) => {
      const at = x.at(task) + shift;
      const bar = `M${coordinate(at)} ${coordinate(y.at(low))}V${coordinate(y.at(high))}`;
      const mark = markPath("circle", at, y.at(accuracy), 4);
      return (
        element("path", { d: bar, stroke: ink, "stroke-width": 2 }) + element("path", { d: mark, fill: ink })
      );
    });
  });
  const guesses = tasks.flatMap(({ chance }, task) =>
    chance === undefined
      ? []
      : [`M${coordinate(x.at(task) - step * 0.4)} ${coordinate(y.at(chance))}h${coordinate(step * 0.8)}`],
  );
  return figure(
    id,
    SIZE,
    {
      title: "Quality on the task set",
      description: drawn
        .map(
          ({ name, quality }) =>
            `${name}: ${quality.map(({ task, right, items }) => `${task} ${right} of ${items}`).join(", ")}.`,
        )
        .join(" "),
    },
    [
      axes(AREA, x, percent, { x: "task", y: "right answers, with 95 % interval" }),
      element("path", { d: guesses.join(""), stroke: INK.text, "stroke-dasharray": "4 3", fill: "none" }),
      ...marks,
      legend([
        ...drawn.map((row) => ({ name: row.name, ink: inkOf(models.indexOf(row)).ink })),
        ...(guesses.length > 0 ? [{ name: "dashed: by guessing", ink: INK.text }] : []),
      ]),
    ].join("\n"),
  );
}

const PARTS = [
  { key: "weights", name: "predicted weights", ink: "var(--line-1, #0072b2)" },
  { key: "kvCache", name: "predicted cache", ink: "var(--line-3, #00835c)" },
  { key: "compute", name: "predicted buffers", ink: "var(--line-5, #a87900)" },
] as const;
const ROW_HEIGHT = 46;
const LABELS = 190;

/** Two bars a model: what was predicted, in its parts, and what was measured. */
export function memoryPlot({ models }: ModelBench, id: string): string {
  const measured = (row: ModelBenchRow) => row.modelBytes?.median ?? 0;
  const most = Math.max(1, ...models.map((row) => Math.max(row.estimate.total, measured(row))));
  const area: Box = { left: LABELS, right: 640, top: 34, bottom: 34 + ROW_HEIGHT * models.length };
  const x = linearScale(0, most / 2 ** 20, area.left, area.right);
  const at = (bytes: number) => x.at(bytes / 2 ** 20);
  const rows = models.flatMap((row, index) => {
    const top = area.top + index * ROW_HEIGHT + 6;
    let from = 0;
    const parts = PARTS.map(({ key, ink }) => {
      const bytes = row.estimate[key];
      const bar = rectangle(at(from), at(from + bytes), top, ink);
      from += bytes;
      return bar;
    });
    const own = row.modelBytes ? [rectangle(at(0), at(measured(row)), top + 18, INK.text)] : [];
    return [
      label(area.left - 10, top + 20, shortened(row.name), { "text-anchor": "end", fill: INK.text }),
      ...parts,
      ...own,
    ];
  });
  return figure(
    id,
    { width: SIZE.width, height: area.bottom + 48 },
    {
      title: "Memory: predicted and measured",
      description: models
        .map(
          (row) =>
            `${row.name}: predicted ${bytesText(row.estimate.total)}, measured ${row.modelBytes ? bytesText(measured(row)) : "nothing"}.`,
        )
        .join(" "),
    },
    [
      axes(area, x, { at: () => area.bottom, ticks: [] }, { x: "MiB", y: "" }),
      ...rows,
      legend([...PARTS, { name: "measured at the peak", ink: INK.text }]),
    ].join("\n"),
  );
}

function rectangle(from: number, to: number, top: number, fill: string): string {
  return element("rect", {
    x: from,
    y: top,
    width: Math.max(0, to - from),
    height: 14,
    fill,
    "fill-opacity": "0.85",
  });
}

/** Names with their colour, right of the plot. */
export function legend(entries: readonly { name: string; ink: string }[]): string {
  return entries
    .map(({ name, ink }, index) => {
      const top = AREA.top + index * NAME_HEIGHT;
      const mark = element("rect", { x: AREA.right + 20, y: top - 8, width: 12, height: 8, fill: ink });
      return mark + label(AREA.right + 38, top, shortened(name), { fill: INK.text });
    })
    .join("\n");
}

function shortened(name: string): string {
  return name.length > NAME_MOST ? `${name.slice(0, NAME_MOST - 1)}…` : name;
}
