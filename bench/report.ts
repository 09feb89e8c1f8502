/** What every benchmark prints: a table for people, or with --json one document. Ratios are better when larger. */

import { cpus, totalmem } from "node:os";

export interface BenchResult {
  /** What was measured. */
  name: string;
  model: string;
  value: number;
  unit: string;
  /** What it is compared with, or undefined where the value stands alone. */
  baseline: number | undefined;
  ratio: number | undefined;
  /** Measured so many times; `value` is the median. */
  runs: number;
  min: number;
  max: number;
}

/** Median, least and greatest of some measurements. */
export function spread(values: readonly number[]): { median: number; min: number; max: number } {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const median = sorted.length % 2 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
  return { median, min: sorted[0]!, max: sorted.at(-1)! };
}

/** A measured time against an aim in seconds. */
export function timed(name: string, model: string, seconds: readonly number[], aim: number): BenchResult {
  const { median, min, max } = spread(seconds);
  return {
    name,
    model,
    value: median,
    unit: "s",
    baseline: aim,
    ratio: aim / median,
    runs: seconds.length,
    min,
    max,
  };
}

/** Prints the results of a benchmark to stdout. */
export function printResults(
  name: string,
  results: readonly BenchResult[],
  notes: readonly string[] = [],
): void {
  const machine = {
    platform: `${process.platform}-${process.arch}`,
    cpu: cpus()[0]?.model ?? "unknown",
    cores: cpus().length,
    memoryBytes: totalmem(),
    node: process.version,
  };
  if (process.argv.includes("--json")) {
    console.log(JSON.stringify({ schema: 1, kind: "bench", name, machine, results, notes }, null, 2));
    return;
  }
  console.log(`${name}: ${machine.cores} x ${machine.cpu}, Node ${machine.node}\n`);
  const cells = results.map((r) => [
    r.name,
    r.model,
    `${round(r.value)} ${r.unit}`,
    `${round(r.min)} to ${round(r.max)}`,
    r.baseline === undefined ? "" : round(r.baseline),
    r.ratio === undefined ? "" : `x ${round(r.ratio)}`,
    String(r.runs),
  ]);
  const head = ["name", "model", "median", "range", "baseline", "ratio", "runs"];
  const widths = head.map((title, i) => Math.max(title.length, ...cells.map((row) => row[i]!.length)));
  for (const row of [head, ...cells])
    console.log(
      row
        .map((cell, i) => cell.padEnd(widths[i]!))
        .join("  ")
        .trimEnd(),
    );
  for (const note of notes) console.log(`\n${note}`);
}

function round(value: number): string {
  return value >= 100 ? value.toFixed(0) : value >= 1 ? value.toFixed(2) : value.toFixed(4);
}
