/** A comparison of models as one HTML file that works offline: plots, tables, how to repeat it. No script. */

import type { ModelBench } from "../measure/index.ts";
import { escapeHtml } from "./escape.ts";
import { htmlPage, originSection } from "./html-page.ts";
import { htmlTable } from "./html-table.ts";
import type { Table } from "./mine-table.ts";
import { LINE_CSS } from "./mining-bench-html.ts";
import type { BenchMachine } from "./mining-bench-json.ts";
import { memoryPlot, qualityPlot, speedPlot } from "./model-bench-plots.ts";
import { modelBenchTables } from "./model-bench-table.ts";
import { modelBenchNotes } from "./model-bench-text.ts";

/** Where a report came from. */
export interface BenchOrigin {
  readonly command?: string;
  readonly versions?: Readonly<Record<string, string>>;
  readonly machine?: BenchMachine;
}

/** Renders the report. */
export function renderModelBenchHtml(bench: ModelBench, origin: BenchOrigin = {}): string {
  const { models } = bench;
  const title = models.length === 1 ? `${models[0]!.name}, measured` : `${models.length} models side by side`;
  const hasSpeed = models.some(({ speed }) => speed.length > 0);
  const plots = [
    ...(hasSpeed ? [speedPlot(bench, "generation", "generation"), speedPlot(bench, "prompt", "prompt")] : []),
    ...(models.some(({ quality }) => quality.length > 0) ? [qualityPlot(bench, "quality")] : []),
    memoryPlot(bench, "memory"),
  ];
  const main = `<header>
<h1>${escapeHtml(title)}</h1>
<p>Every model is measured in turns, each turn in a process of its own, so load time and memory are its own and a machine
that slows down meets all models alike.</p>
</header>
${plots.map((plot) => `<div class="plot"><figure>\n${plot}\n</figure></div>`).join("\n")}
${modelBenchTables(bench)
  .map(({ title, table }) => `<h2>${escapeHtml(title)}</h2>\n${plainTable(table)}`)
  .join("\n")}
<h2>How to read this</h2>
${modelBenchNotes(bench)
  .map((note) => `<p class="note">${escapeHtml(note)}</p>`)
  .join("\n")}
${originSection(origin.command, originFacts(origin))}`;
  return htmlPage({ title, css: LINE_CSS, main });
}

/** Versions and machine as name and value. */
export function originFacts({ versions = {}, machine }: BenchOrigin): [string, string][] {
  return [
    ...Object.entries(versions),
    ...(machine
      ? [
          ["processor", `${machine.cpu}, ${machine.cores} processors`] as [string, string],
          ["platform", machine.platform] as [string, string],
        ]
      : []),
  ];
}

/** A table of plain text as HTML. */
export function plainTable({ columns, rows }: Table): string {
  return htmlTable(
    columns.map(({ title, align }) => ({ title, isNumber: align === "right" })),
    rows.map((cells) => ({ cells })),
  );
}
