/** Where a comparison of models goes: tables, Markdown or JSON to stdout, the report to its file. */

import type { ModelBench } from "../../measure/index.ts";
import {
  modelBenchDocument,
  modelBenchNotes,
  modelBenchTables,
  renderModelBenchHtml,
  renderModelBenchMarkdown,
} from "../../report/index.ts";
import { commandLine } from "../command-line.ts";
import type { ModelBenchOptions } from "../commands/bench.ts";
import type { CliContext } from "../context.ts";
import { formatTable } from "../table.ts";
import { writeOutput } from "../write-output.ts";
import { BENCH_VERSIONS, benchMachine } from "./machine.ts";

/** Writes the report, if one is wanted, and prints the result. */
export function tellModelBench(
  { json, terminal }: CliContext,
  bench: ModelBench,
  { report, markdown }: ModelBenchOptions,
): void {
  const machine = benchMachine();
  const origin = { command: commandLine(), versions: BENCH_VERSIONS, machine };
  if (report !== undefined) writeOutput(report, renderModelBenchHtml(bench, origin));
  if (json) terminal.print(JSON.stringify(modelBenchDocument(bench, machine)));
  else if (markdown) terminal.print(renderModelBenchMarkdown(bench, origin).trimEnd());
  else
    terminal.print(
      [
        ...modelBenchTables(bench).map(
          ({ title, table }) => `${title}:\n${formatTable(table.columns, table.rows)}`,
        ),
        modelBenchNotes(bench).join("\n"),
      ].join("\n\n"),
    );
  if (report !== undefined) terminal.note(`Written: ${report}`);
}
