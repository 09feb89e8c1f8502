/** A comparison of models as Markdown for documents. */

import type { ModelBench } from "../measure/index.ts";
import { inline, tableText } from "./mine-markdown.ts";
import type { BenchMachine } from "./mining-bench-json.ts";
import { modelBenchTables } from "./model-bench-table.ts";
import { modelBenchNotes } from "./model-bench-text.ts";

/** No column of these tables is code. */
const NO_CODE = -1;

/** Renders the tables with their notes. */
export function renderModelBenchMarkdown(
  bench: ModelBench,
  { command, machine }: { command?: string; machine?: BenchMachine } = {},
): string {
  const sections = [
    ...modelBenchTables(bench).flatMap(({ title, table }) => [
      `### ${inline(title)}`,
      tableText(
        { ...table, columns: table.columns.map((one) => ({ ...one, title: inline(one.title) })) },
        NO_CODE,
      ),
    ]),
    ...modelBenchNotes(bench).map(inline),
    ...(machine ? [inline(`${machine.cpu}, ${machine.cores} processors, ${machine.platform}.`)] : []),
    ...(command === undefined ? [] : [`Again: \`${command.replaceAll("`", "'")}\``]),
  ];
  return `${sections.join("\n\n")}\n`;
}
