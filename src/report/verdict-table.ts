/** The static part of the verdict table: what it can be searched and filtered by, its heads, its pager. */

import type { MineResult } from "../glitch/index.ts";
import { escapeHtml } from "./escape.ts";
import { formatCount } from "./format.ts";
import { indicatorNames, type Separation } from "./separation.ts";

/** Controls, empty table and pager; page/mine-page.js fills them by their ids. */
export function verdictTable(result: MineResult, indicators: readonly Separation[]): string {
  const option = (value: string, text: string) =>
    `<option value="${escapeHtml(value)}">${escapeHtml(text)}</option>`;
  const withCounts = (key: "verdict" | "class") => {
    const counts = new Map<string, number>();
    for (const token of result.tokens) counts.set(token[key], (counts.get(token[key]) ?? 0) + 1);
    return [...counts].map(([value, count]) => option(value, `${value} (${formatCount(count)})`)).join("");
  };
  const names = new Set([...indicators.map(({ indicator }) => indicator), ...indicatorNames(result.tokens)]);
  const column = (key: string, text: string, kind: string, meaning: string) =>
    `<th scope="col" data-column="${key}" class="${kind}" title="${meaning}"><button type="button">${text}</button></th>`;
  return `<section>
<h2 id="verdicts">Every verdict and its evidence</h2>
<p class="note">Open a row for what the model answered to each prompt. <b>p</b>: probability of the token where it was asked
for. <b>rank</b>: its place among all tokens, 1 is first. <b>entropy</b>: the model's doubt, in nats. <b>ASR</b>: share of
generations in which the token was not repeated, with its 95% Wilson interval.</p>
<noscript><p class="warning">The table needs JavaScript; all else on this page does not.</p></noscript>
<div class="tools">
<label>Search text or id<input id="search" type="search" autocomplete="off" spellcheck="false"></label>
<label>Verdict<select id="verdict">${option("", "all")}${withCounts("verdict")}</select></label>
<label>Class<select id="class">${option("", "all")}${withCounts("class")}</select></label>
<label>Indicator<select id="indicator">${[...names].map((name) => option(name, name)).join("")}</select></label>
</div>
<table id="verdict-table">
<thead id="head"><tr>
${column("id", "id", "number", "The token's number in the vocabulary")}
${column("text", "token", "", "The token's text; ▁ is a space")}
${column("class", "class", "wide", "What kind of token it is")}
${column("verdict", "verdict", "", "What the probes say")}
${column("p", "p", "number", "Probability of the token where it was asked for")}
${column("rank", "rank", "number wide", "Its place among all tokens")}
${column("entropy", "entropy", "number wide", "Entropy of the answer in nats")}
${column("asr", "ASR", "number wide", "Share of generations that did not repeat it")}
${column("indicator", "indicator", "number wide", "The figure from the weights that is chosen above")}
</tr></thead>
<tbody id="rows"></tbody>
</table>
<div class="pager">
<button type="button" id="first">First</button><button type="button" id="previous">Previous</button>
<output id="place" aria-live="polite"></output>
<button type="button" id="next">Next</button><button type="button" id="last">Last</button>
<span class="downloads"><button type="button" id="csv">CSV of these rows</button> <button type="button" id="json">JSON of everything</button></span>
</div>
</section>`;
}
