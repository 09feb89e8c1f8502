/** Where a measured server goes: a table or JSON to stdout, the report to its file. */

import type { ServingBench } from "../../measure/index.ts";
import {
  renderServingBenchHtml,
  servingBenchDocument,
  servingBenchNotes,
  servingBenchTable,
} from "../../report/index.ts";
import { commandLine } from "../command-line.ts";
import type { ServeBenchOptions } from "../commands/bench.ts";
import type { CliContext } from "../context.ts";
import { formatTable } from "../table.ts";
import { writeOutput } from "../write-output.ts";
import { BENCH_VERSIONS, benchMachine } from "./machine.ts";

/** Writes the report, if one is wanted, and prints the result. */
export function tellServingBench(
  { json, terminal }: CliContext,
  bench: ServingBench,
  { report }: ServeBenchOptions,
): void {
  const machine = benchMachine();
  const origin = { command: commandLine(), versions: BENCH_VERSIONS, machine };
  if (report !== undefined) writeOutput(report, renderServingBenchHtml(bench, origin));
  if (json) terminal.print(JSON.stringify(servingBenchDocument(bench, machine)));
  else {
    const { columns, rows } = servingBenchTable(bench);
    terminal.print([formatTable(columns, rows), servingBenchNotes(bench).join("\n")].join("\n\n"));
  }
  if (report !== undefined) terminal.note(`Written: ${report}`);
}
