/** A profile as one HTML file that works offline: plots, tables, the tokens that changed, how to repeat it. No script. */

import type { ModelProfile, ProfiledType } from "../measure/index.ts";
import { escapeHtml } from "./escape.ts";
import { htmlPage, originSection } from "./html-page.ts";
import { LINE_CSS } from "./mining-bench-html.ts";
import { type BenchOrigin, originFacts, plainTable } from "./model-bench-html.ts";
import { lossPlot, timePlot } from "./profile-plots.ts";
import { profileTables } from "./profile-table.ts";
import { profileNotes } from "./profile-text.ts";

/** Renders the report. */
export function renderProfileHtml(profile: ModelProfile, origin: BenchOrigin = {}): string {
  const { model, types, source } = profile;
  const title = `${model} in ${types.length === 1 ? types[0]!.type : `${types.length} precisions`}`;
  const plots = [
    ...(types.some(({ perplexity }) => perplexity) ? [lossPlot(profile, "loss")] : []),
    ...(types.some(({ times }) => times.length > 0) ? [timePlot(profile, "time")] : []),
  ];
  const main = `<header>
<h1>${escapeHtml(title)}</h1>
<p>What the precision of the weights costs and saves: every file made of the same ${escapeHtml(source.quantisation)} weights, measured
in turns, each turn in a process of its own.</p>
</header>
${plots.map((plot) => `<div class="plot"><figure>\n${plot}\n</figure></div>`).join("\n")}
${profileTables(profile)
  .map(({ title, table }) => `<h2>${escapeHtml(title)}</h2>\n${plainTable(table)}`)
  .join("\n")}
${types.map(changedTokens).join("\n")}
<h2>How to read this</h2>
${profileNotes(profile)
  .map((note) => `<p class="note">${escapeHtml(note)}</p>`)
  .join("\n")}
${originSection(origin.command, originFacts(origin))}`;
  return htmlPage({ title, css: LINE_CSS, main });
}

function changedTokens({ type, changes }: ProfiledType): string {
  if (!changes || changes.appeared.length + changes.vanished.length === 0) return "";
  const list = (name: string, tokens: typeof changes.appeared) =>
    tokens.length === 0
      ? ""
      : `<p>${name}: ${tokens.map(({ id, text }) => `<code>${escapeHtml(text)}</code> (${id})`).join(", ")}</p>`;
  return `<details><summary>Verdicts that change in ${escapeHtml(type)}</summary>
${list("Appear", changes.appeared)}${list("Vanish", changes.vanished)}
</details>`;
}
