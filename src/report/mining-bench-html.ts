/** A comparison of mining methods as one HTML file that works offline: curves, tables, how to repeat it. No script. */

import type { MethodScores, MiningBench, TargetId } from "../measure/index.ts";
import { escapeHtml } from "./escape.ts";
import { htmlPage, originSection } from "./html-page.ts";
import { htmlTable } from "./html-table.ts";
import type { MineReportOptions } from "./mine-figures.ts";
import type { Table } from "./mine-table.ts";
import { recallCurves } from "./mining-bench-plot.ts";
import { attainedTable, costTable, differenceTable, TARGET_WORDS } from "./mining-bench-table.ts";
import { miningBenchNotes, modelLine } from "./mining-bench-text.ts";

/** Colours of the lines in the dark; on white the plot's own hold. */
export const LINE_CSS = `
@media (prefers-color-scheme: dark) {
  :root { --line-1: #56b4e9; --line-2: #ff8a3d; --line-3: #2fc79a; --line-4: #dd90bd; --line-5: #e0b83f; --line-6: #a3acb8; --line-7: #b3a1f0; --line-8: #d9a878; }
}
tbody th { white-space: nowrap; }
details { margin-top: 14px; }
h3 { margin: 28px 0 8px; color: var(--ink-strong); font-size: 16px; }
`;

/** Renders the report. */
export function renderMiningBenchHtml(
  bench: MiningBench,
  { command, versions = {} }: Pick<MineReportOptions, "command" | "versions"> = {},
): string {
  const { models, overall, methods, seeds } = bench;
  const title = `Mining methods on ${models.length === 1 ? models[0]!.name : `${models.length} models`}`;
  const facts = Object.entries({ seeds: seeds.join(", "), ...versions });
  const main = `<header>
<h1>${escapeHtml(title)}</h1>
<p>Each method searches the same vocabulary for glitch tokens within the same budget, counted as its authors count.
The searches are replayed over a stored census of every token, so all methods get the same verdicts and only their
order differs.</p>
</header>
${[
  ...(overall ? [scoresSection(overall, "overall"), differenceSection(bench)] : []),
  ...models.map((scores, index) =>
    scoresSection(scores, `model-${index}`, modelLine(scores), overall !== undefined),
  ),
].join("\n")}
<h2>How to read this</h2>
${miningBenchNotes(bench)
  .map((note) => `<p class="note">${escapeHtml(note)}</p>`)
  .join("\n")}
<h2>The methods</h2>
<ul>${methods
    .map(
      ({ id, goal, reference }) =>
        `<li><b>${escapeHtml(id)}</b>: ${escapeHtml(goal)}${reference === "-" ? "" : ` <span class="note">${escapeHtml(reference)}</span>`}</li>`,
    )
    .join("\n")}</ul>
${originSection(command, facts)}`;
  return htmlPage({ title, css: LINE_CSS, main });
}

function scoresSection(scores: MethodScores, id: string, note = "", isFolded = false): string {
  const [first, ...rest] = scores.targets.map(({ target }) => target);
  const others = rest
    .map((target) => curveFigure(scores, target, `${id}-${target}`))
    .filter((one) => one !== "");
  const body = `${note && `<p class="note">${escapeHtml(note)}</p>`}
${first === undefined ? "" : curveFigure(scores, first, `${id}-${first}`)}
<h3>Share of the attainable</h3>
${plainTable(attainedTable(scores))}
<h3>What it cost</h3>
${plainTable(costTable(scores))}
${others.length === 0 ? "" : `<details><summary>${others.length} more ${others.length === 1 ? "curve" : "curves"}, one a group of tokens</summary>\n${others.join("\n")}\n</details>`}`;
  const heading = escapeHtml(scores.name);
  return isFolded
    ? `<details><summary><b>${heading}</b></summary>\n${body}\n</details>`
    : `<h2>${heading}</h2>\n${body}`;
}

function curveFigure(scores: MethodScores, target: TargetId, id: string): string {
  if (!scores.curves.some(({ points }) => points.some(({ attained }) => attained[target]))) return "";
  const { title, meaning } = TARGET_WORDS[target];
  return `<div class="plot"><figure>
${recallCurves(scores, target, id)}
<figcaption><b>${escapeHtml(title)}</b>: ${escapeHtml(meaning)}. A line
dips where the budget allows more than the method finds; a band spans the least and the greatest value.</figcaption>
</figure></div>`;
}

function differenceSection(bench: MiningBench): string {
  const table = differenceTable(bench);
  if (table.rows.length === 0) return "";
  return `<h2>${escapeHtml(bench.differences[0]!.method)} against the best other method</h2>
<p class="note">In points of the share, paired over ${bench.models.length} models, with Student's t interval. The other method
is picked by its mean on these same models, which favours it.</p>
${plainTable(table)}`;
}

function plainTable({ columns, rows }: Table): string {
  return htmlTable(
    columns.map(({ title, align }) => ({ title, isNumber: align === "right" })),
    rows.map((cells) => ({ cells })),
  );
}
