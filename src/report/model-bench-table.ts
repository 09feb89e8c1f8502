/** A comparison of models as tables of plain text, for the terminal, Markdown and the page. */

import type { ModelBench, ModelBenchRow } from "../measure/index.ts";
import { formatCount, formatSeconds, formatShare } from "./format.ts";
import type { Table, TableColumn } from "./mine-table.ts";
import { bytesText, figureText, ratioText, scoreText, slopeText, waitText } from "./model-bench-words.ts";

/** A table with its heading. */
export interface TitledTable {
  readonly title: string;
  readonly table: Table;
}

const text = (title: string): TableColumn => ({ title, align: "left" });
const number = (title: string): TableColumn => ({ title, align: "right" });

/** The tables that have something to say. */
export function modelBenchTables(bench: ModelBench): TitledTable[] {
  return [
    { title: "Models", table: overviewTable(bench) },
    {
      title: "Speed in tokens a second over all requests, and time to first token",
      table: speedTable(bench),
    },
    { title: "Quality: items that were right, with Wilson's 95 % interval", table: qualityTable(bench) },
    { title: "Memory in a long run", table: soakTable(bench) },
    { title: "What failed", table: errorTable(bench) },
  ].filter(({ table }) => table.rows.length > 0);
}

function overviewTable({ models, plan }: ModelBench): Table {
  return {
    columns: [
      text("model"),
      text("type"),
      ...["file", "load", "peak memory", "of it the model", "predicted", "measured/predicted", "turns"].map(
        number,
      ),
    ],
    rows: models.map((row) => [
      row.name,
      row.model.quantisation,
      bytesText(row.fileBytes),
      figureText(row.loadSeconds, (seconds) => `${seconds.toFixed(2)} s`),
      figureText(row.peakBytes, bytesText),
      row.modelBytes ? bytesText(row.modelBytes.median) : "–",
      bytesText(row.estimate.total),
      row.modelBytes ? (row.modelBytes.median / row.estimate.total).toFixed(2) : "–",
      `${row.turns} of ${plan.repeat}`,
    ]),
    left: 0,
  };
}

function speedTable({ models }: ModelBench): Table {
  const isCompared = models.length > 1;
  return {
    columns: [
      text("model"),
      ...["requests", "prompt", "generation"].map(number),
      ...(isCompared ? [number(`against ${models[0]!.name}`)] : []),
      ...["prompt, share", "generation, share", "first token", "p95"].map(number),
    ],
    rows: models.flatMap((row) =>
      row.speed.map(({ parallel, prompt, generation, against, share, ttft }) => [
        row.name,
        formatCount(parallel),
        figureText(prompt),
        figureText(generation),
        ...(isCompared ? [ratioText(against)] : []),
        ratioText(share.prompt),
        ratioText(share.generation),
        waitText(ttft.median),
        waitText(ttft.p95),
      ]),
    ),
    left: 0,
  };
}

function qualityTable({ models }: ModelBench): Table {
  const asked = models.filter(({ quality }) => quality.length > 0);
  const tasks = asked[0]?.quality ?? [];
  return {
    columns: [text("task"), ...asked.map(({ name }) => number(name)), number("by guessing")],
    rows: tasks.map(({ task, chance }) => [
      task,
      ...asked.map(({ quality }) => scoreText(quality.find((score) => score.task === task)!)),
      chance === undefined ? "–" : formatShare(chance),
    ]),
    left: 0,
  };
}

function soakTable({ models }: ModelBench): Table {
  const run = models.flatMap(({ name, soak }) => (soak ? [{ name, soak }] : []));
  return {
    columns: [text("model"), ...["time", "requests", "tokens", "growth"].map(number)],
    rows: run.map(({ name, soak }) => [
      name,
      formatSeconds(soak.seconds),
      formatCount(soak.requests),
      formatCount(soak.tokens),
      slopeText(soak.slope),
    ]),
    left: 0,
  };
}

function errorTable({ models }: ModelBench): Table {
  const rows = models.flatMap((row) => failures(row).map((why) => [row.name, why]));
  return { columns: [text("model"), text("why")], rows, left: 0 };
}

function failures({ error, quality }: ModelBenchRow): string[] {
  const tasks = quality.flatMap(({ task, error }) => (error === undefined ? [] : [`${task}: ${error}`]));
  return [...(error ? [error.message] : []), ...tasks];
}
