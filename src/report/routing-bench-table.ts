/** A comparison of ways to route as tables, the same in the terminal and on the page. */

import type { Estimate, RoutingBench } from "../measure/index.ts";
import { formatFigure, formatSeconds, formatShare } from "./format.ts";
import type { Table } from "./mine-table.ts";
import type { TitledTable } from "./model-bench-table.ts";

/** All tables, in their order. */
export function routingBenchTables(bench: RoutingBench): TitledTable[] {
  return [
    { title: "Ways to route", table: strategyTable(bench) },
    { title: "Ways to order, over all thresholds", table: curveTable(bench) },
    { title: "Task by task", table: taskTable(bench) },
  ];
}

function strategyTable({ strategies }: RoutingBench): Table {
  return {
    left: 0,
    columns: [
      { title: "way", align: "left" },
      { title: "right answers", align: "right" },
      { title: "large tokens", align: "right" },
      { title: "large asked", align: "right" },
      { title: "seconds", align: "right" },
      { title: "over a draw, points", align: "right" },
      { title: "over length, points", align: "right" },
    ],
    rows: strategies.map(({ id, quality, cost, calls, seconds, overRandom, overLength }) => [
      id,
      `${formatShare(quality.value)} [${formatShare(quality.low)}, ${formatShare(quality.high)}]`,
      formatShare(cost),
      formatShare(calls),
      formatSeconds(seconds),
      points(overRandom),
      points(overLength),
    ]),
  };
}

function curveTable({ curves }: RoutingBench): Table {
  return {
    left: 0,
    columns: [
      { title: "order", align: "left" },
      { title: "gap closed, mean over costs", align: "right" },
      { title: "over a draw (0.5)", align: "right" },
      { title: "what it is", align: "left" },
    ],
    rows: curves.map(({ id, goal, area, areaOverRandom }) => [
      id,
      area === undefined
        ? "–"
        : `${formatFigure(area.value)} [${formatFigure(area.low)}, ${formatFigure(area.high)}]`,
      areaOverRandom === undefined
        ? "–"
        : `${signed(areaOverRandom.value, 2)} [${signed(areaOverRandom.low, 2)}, ${signed(areaOverRandom.high, 2)}]`,
      goal,
    ]),
  };
}

function taskTable({ tasks, policy }: RoutingBench): Table {
  return {
    left: 0,
    columns: [
      { title: "task", align: "left" },
      { title: "items", align: "right" },
      { title: "small right", align: "right" },
      { title: "large right", align: "right" },
      { title: "large at once", align: "right" },
      { title: "escalated", align: "right" },
      { title: `${policy} right`, align: "right" },
    ],
    rows: tasks.map(({ task, items, small, large, direct, escalated, routed }) => [
      task,
      String(items),
      ...[small, large, direct, escalated, routed].map(formatShare),
    ]),
  };
}

/** Percentage points with their interval. */
export function points(estimate: Estimate | undefined): string {
  if (estimate === undefined) return "–";
  const { value, low, high } = estimate;
  return `${signed(100 * value)} [${signed(100 * low)}, ${signed(100 * high)}]`;
}

function signed(value: number, digits = 1): string {
  const text = value.toFixed(digits);
  return Number(text) === 0 ? (0).toFixed(digits) : value > 0 ? `+${text}` : text;
}
