/** A comparison of mining methods as Markdown for documents: the summary open, each model folded where there are several. */

import type { MethodScores, MiningBench } from "../measure/index.ts";
import { inline, tableText } from "./mine-markdown.ts";
import { attainedTable, costTable, differenceTable } from "./mining-bench-table.ts";
import { miningBenchNotes, modelLine } from "./mining-bench-text.ts";

/** Renders the tables with their notes. */
export function renderMiningBenchMarkdown(
  bench: MiningBench,
  { command }: { command?: string } = {},
): string {
  const { models, overall, differences } = bench;
  const both = (scores: MethodScores) =>
    `${tableText(attainedTable(scores), NO_CODE)}\n\n${tableText(costTable(scores), NO_CODE)}`;
  const differing = differenceTable(bench);
  const sections = [
    ...(overall ? [`### ${inline(overall.name)}`, both(overall)] : []),
    ...(differing.rows.length > 0
      ? [
          `### ${inline(differences[0]!.method)} against the best other method, paired over ${models.length} models`,
          tableText(differing, NO_CODE),
        ]
      : []),
    ...models.flatMap((scores) =>
      overall
        ? [`<details><summary>${inline(modelLine(scores))}</summary>\n\n${both(scores)}\n\n</details>`]
        : [`### ${inline(modelLine(scores))}`, both(scores)],
    ),
    ...miningBenchNotes(bench).map(inline),
    ...(command === undefined ? [] : [`Again: \`${command.replaceAll("`", "'")}\``]),
  ];
  return `${sections.join("\n\n")}\n`;
}

/** No column of these tables is code. */
const NO_CODE = -1;
