/** A comparison of ways to route as one HTML file that works offline. No script. */

import type { RoutingBench } from "../measure/index.ts";
import { escapeHtml } from "./escape.ts";
import { htmlPage, originSection } from "./html-page.ts";
import { LINE_CSS } from "./mining-bench-html.ts";
import { type BenchOrigin, originFacts, plainTable } from "./model-bench-html.ts";
import { qualityCostPlot } from "./routing-bench-plot.ts";
import { routingBenchTables } from "./routing-bench-table.ts";
import { routingBenchNotes, routingFindings } from "./routing-bench-text.ts";

/** Renders the report. */
export function renderRoutingBenchHtml(bench: RoutingBench, origin: BenchOrigin = {}): string {
  const { small, large } = bench;
  const title = `Routing between ${small.name} and ${large.name}`;
  const paragraphs = (texts: readonly string[], kind = "") =>
    texts.map((text) => `<p${kind}>${escapeHtml(text)}</p>`).join("\n");
  const main = `<header>
<h1>${escapeHtml(title)}</h1>
<p>Both models answered the same questions, whose answers are known. Every way to route is held against these answers: what
share it gets right, and how much of the large model it takes for that.</p>
</header>
<h2>What was found</h2>
<ul>${routingFindings(bench)
    .map((finding) => `<li>${escapeHtml(finding)}</li>`)
    .join("\n")}</ul>
<div class="plot"><figure>
${qualityCostPlot(bench, "quality-cost")}
<figcaption>Up and to the left is better. A line is one order of the items at every threshold; a mark is one way to route, with
its 95 % interval. What lies on the dotted line is no better than a draw by lot.</figcaption>
</figure></div>
${routingBenchTables(bench)
  .map(({ title, table }) => `<h2>${escapeHtml(title)}</h2>\n${plainTable(table)}`)
  .join("\n")}
<h2>How to read this</h2>
${paragraphs(routingBenchNotes(bench), ' class="note"')}
${originSection(origin.command, originFacts(origin))}`;
  return htmlPage({ title, css: LINE_CSS, main });
}
