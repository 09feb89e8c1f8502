/** A measured server as a table and sentences, the same in the terminal and on the page. */

import type { ServingBench } from "../measure/index.ts";
import { formatCount } from "./format.ts";
import type { Table } from "./mine-table.ts";
import { figureText, ratioText } from "./model-bench-words.ts";

/** A row for each figure. */
export function servingBenchTable({ results }: Pick<ServingBench, "results">): Table {
  return {
    left: 0,
    columns: [
      { title: "figure", align: "left" },
      { title: "value", align: "right" },
      { title: "unit", align: "left" },
      { title: "baseline", align: "right" },
      { title: "ratio", align: "right" },
    ],
    rows: results.map(({ name, unit, value, baseline, ratio }) => [
      name,
      value === undefined ? "not measured" : figureText(value),
      unit,
      figureText(baseline),
      ratioText(ratio),
    ]),
  };
}

/** What each figure is, and what holds for all. */
export function servingBenchNotes({ results, plan, model, threads, turns, peer }: ServingBench): string[] {
  const { clients, requests, seed } = plan;
  return [
    ...results.map(({ name, measured }) => `${name}: ${measured}`),
    `${model.name}: ${formatCount(model.parameters / 1e6)}M weights, ${model.quantisation}, ${threads} threads. ` +
      `${clients} clients, requests of each in a turn: ${requests}, greedy, streamed; turns of everybody, in alternation: ` +
      `${turns}; medians, in brackets the ends; ratios are paired by turn. Prompts are random ids from seed ${seed}.`,
    peer === undefined
      ? "No other server was measured: --peer names one, such as llama-server with the same file."
      : `The peer is ${peer}; how it was started is not known here.`,
  ];
}
