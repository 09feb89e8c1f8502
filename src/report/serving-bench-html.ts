/** A measured server as one HTML file that works offline. No script. */

import type { ServingBench } from "../measure/index.ts";
import { escapeHtml } from "./escape.ts";
import { htmlPage, originSection } from "./html-page.ts";
import { type BenchOrigin, originFacts, plainTable } from "./model-bench-html.ts";
import { servingBenchNotes, servingBenchTable } from "./serving-bench-table.ts";

/** Renders the report. */
export function renderServingBenchHtml(bench: ServingBench, origin: BenchOrigin = {}): string {
  const title = `Serving ${bench.model.name}, measured`;
  const notes = servingBenchNotes(bench).map((note) => `<p class="note">${escapeHtml(note)}</p>`);
  const main = `<header>
<h1>${escapeHtml(title)}</h1>
<p>The server, llama.cpp's own batched decode of the same work, and another server if one was named take turns on one
machine, so a machine that slows down meets all alike.</p>
</header>
${plainTable(servingBenchTable(bench))}
<h2>How to read this</h2>
${notes.join("\n")}
${originSection(origin.command, originFacts(origin))}`;
  return htmlPage({ title, main });
}
