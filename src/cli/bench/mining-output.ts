/** Where a comparison of mining methods goes: tables, Markdown or JSON to stdout, the report to its file. */

import { PINNED_VERSION } from "../../llama/index.ts";
import type { MethodScores, MiningBench } from "../../measure/index.ts";
import {
  attainedTable,
  costTable,
  differenceTable,
  miningBenchDocument,
  miningBenchNotes,
  modelLine,
  renderMiningBenchHtml,
  renderMiningBenchMarkdown,
  type Table,
} from "../../report/index.ts";
import { commandLine } from "../command-line.ts";
import type { MiningBenchOptions } from "../commands/bench.ts";
import type { CliContext } from "../context.ts";
import { formatTable } from "../table.ts";
import type { Terminal } from "../terminal.ts";
import { VERSION } from "../version.ts";
import { writeOutput } from "../write-output.ts";
import { benchMachine } from "./machine.ts";

/** Writes the report, if one is wanted, and prints the result. */
export function tellMiningBench(
  { json, terminal }: CliContext,
  bench: MiningBench,
  { report, markdown }: MiningBenchOptions,
): void {
  const command = commandLine();
  const versions = { assay: VERSION, "llama.cpp": PINNED_VERSION, node: process.versions.node };
  if (report !== undefined) writeOutput(report, renderMiningBenchHtml(bench, { command, versions }));
  if (json)
    terminal.print(
      JSON.stringify(miningBenchDocument(bench, { machine: benchMachine(), notes: miningBenchNotes(bench) })),
    );
  else if (markdown) terminal.print(renderMiningBenchMarkdown(bench, { command }).trimEnd());
  else printTables(terminal, bench);
  if (report !== undefined) terminal.note(`Written: ${report}`);
}

function printTables(terminal: Terminal, bench: MiningBench): void {
  const both = (scores: MethodScores) => [laidOut(attainedTable(scores)), laidOut(costTable(scores))];
  const differing = differenceTable(bench);
  const blocks = [
    ...bench.models.flatMap((scores) => [modelLine(scores), ...both(scores)]),
    ...(bench.overall ? [`${bench.overall.name}:`, ...both(bench.overall)] : []),
    ...(differing.rows.length > 0
      ? [
          `${bench.differences[0]!.method} against the best other method, in points, paired over ${bench.models.length} models:`,
          laidOut(differing),
        ]
      : []),
    miningBenchNotes(bench).join("\n"),
  ];
  terminal.print(blocks.join("\n\n"));
}

function laidOut({ columns, rows }: Table): string {
  return formatTable(columns, rows);
}
