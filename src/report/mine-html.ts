/**
 * A mine as one HTML file that works offline: no request to anywhere, every figure explained, the whole
 * evidence inside. What carries the argument (figures, plots, templates) is static; only the table is script.
 */

import { createHash } from "node:crypto";
import type { MineResult, TokenClass, Verdict } from "../glitch/evidence.ts";
import { escapeHtml, scriptJson } from "./escape.ts";
import { formatCount, formatFigure, formatShare } from "./format.ts";
import { MINE_CSS } from "./mine-css.ts";
import {
  budgetText,
  CLASS_MEANINGS,
  headlines,
  type MineReportOptions,
  statusNote,
  VERDICT_MEANINGS,
} from "./mine-figures.ts";
import { minePlots } from "./mine-plots.ts";
import { MINE_PAGE } from "./page/mine-page-text.ts";
import { indicatorNames, type Separation, separations } from "./separation.ts";

/**
 * Renders the report.
 *
 * @example
 * await writeFile("mine.html", renderMineHtml(result, { command: "assay mine --all --seed 1" }));
 */
export function renderMineHtml(result: MineResult, options: MineReportOptions = {}): string {
  const { model, counts } = result;
  const indicators = separations(result.tokens);
  const title = `${formatCount(counts.glitch)} glitch ${counts.glitch === 1 ? "token" : "tokens"} in ${model.name}`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${contentSecurityPolicy()}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<style>${MINE_CSS}</style>
</head>
<body>
<main>
${[
  heading(result),
  headlineList(result, options),
  verdictStrip(result),
  `<h2>Where they lie</h2>\n<div class="plot" id="scatter-plot">${minePlots(result, indicators)}</div>`,
  verdictTable(result, indicators),
  templateSection(result),
  classSection(result),
  truthSection(options),
  originSection(result, options),
].join("\n")}
</main>
<script type="application/json" id="result">${scriptJson(result)}</script>
<script type="module">${MINE_PAGE}</script>
</body>
</html>
`;
}

/** Nothing may be fetched and only our own script, known by its hash, may run - whatever a token contains. */
function contentSecurityPolicy(): string {
  const hash = createHash("sha256").update(MINE_PAGE).digest("base64");
  return `default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'`;
}

function heading({ model, counts, status }: MineResult): string {
  const note = statusNote(status);
  return `<header>
<h1><span class="count">${formatCount(counts.glitch)}</span> glitch ${counts.glitch === 1 ? "token" : "tokens"} in ${escapeHtml(model.name)}</h1>
<p>A glitch token is a word piece that the tokenizer knows and the model never learnt: asked to repeat it, the model
writes something else. Text that contains one can derail an answer. This page tells which ones this very file
(${escapeHtml(model.quantisation)}) has, and shows the evidence for each.</p>
${note === undefined ? "" : `<p class="warning" role="status">${escapeHtml(note)}</p>`}
</header>`;
}

function headlineList(result: MineResult, { truth }: MineReportOptions): string {
  const items = headlines(result, truth).map(
    ({ name, value, meaning }) =>
      `<div><dt>${escapeHtml(name)}</dt><dd><span class="value">${escapeHtml(value)}</span><span class="meaning">${escapeHtml(meaning)}</span></dd></div>`,
  );
  return `<dl class="headlines">${items.join("\n")}</dl>`;
}

function verdictStrip({ counts }: MineResult): string {
  const verdicts: [Verdict, number][] = [
    ["glitch", counts.glitch],
    ["uncertain", counts.uncertain],
    ["normal", counts.normal],
    ["untested", Math.max(0, counts.vocabulary - counts.tested)],
  ];
  const present = verdicts.filter(([, count]) => count > 0);
  const bars = present.map(([verdict, count]) => `<span class="${verdict}" style="--share:${count}"></span>`);
  const keys = present.map(
    ([verdict, count]) =>
      `<li class="${verdict}"><b>${formatCount(count)} ${verdict}</b>: ${escapeHtml(VERDICT_MEANINGS[verdict])}</li>`,
  );
  return `<div class="strip" aria-hidden="true">${bars.join("")}</div>\n<ul class="keys">${keys.join("\n")}</ul>`;
}

function verdictTable(result: MineResult, indicators: readonly Separation[]): string {
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
  return `<h2 id="verdicts">Every verdict and its evidence</h2>
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
</div>`;
}

function templateSection({ templates }: MineResult): string {
  const rows = templates.map(
    (
      one,
    ) => `<tr${one.kept ? "" : ' class="dropped"'}><th scope="row"><code>${escapeHtml(one.template)}</code></th>
<td>${one.kept ? "kept" : "dropped"}</td>
<td class="number share" style="--share:${Math.min(1, Math.max(0, one.passRate)) || 0}">${formatShare(one.passRate)}</td>
<td class="number">${formatCount(one.controls)}</td><td class="number">${formatFigure(one.threshold)}</td>
<td class="number">${one.prefixTokens} + ${one.tailTokens}</td></tr>`,
  );
  return `<h2>The prompts and how far they can be trusted here</h2>
<p class="note">Each template was first tried on control tokens, ordinary ones drawn by seed. Where under 90% of them pass, the
template says more about itself than about the token, and is dropped. The threshold is calibrated on the same controls:
under it, p would be improbable for a working token. Prompt tokens are shared prefix + own tail.</p>
<div class="scroll"><table><thead><tr><th scope="col">template</th><th scope="col">use</th><th scope="col" class="number">controls passed</th>
<th scope="col" class="number">controls</th><th scope="col" class="number">threshold</th><th scope="col" class="number">prompt tokens</th></tr></thead>
<tbody>${rows.join("\n")}</tbody></table></div>`;
}

function classSection({ classes, counts }: MineResult): string {
  const rows = (Object.keys(CLASS_MEANINGS) as TokenClass[]).map(
    (name) => `<tr><th scope="row">${name}</th><td class="number">${formatCount(classes[name])}</td>
<td class="number">${formatShare(classes[name] / counts.vocabulary)}</td><td>${escapeHtml(CLASS_MEANINGS[name])}</td></tr>`,
  );
  return `<h2>The vocabulary by class</h2>
<div class="scroll"><table><thead><tr><th scope="col">class</th><th scope="col" class="number">tokens</th><th scope="col" class="number">share</th><th scope="col">meaning</th></tr></thead>
<tbody>${rows.join("\n")}</tbody></table></div>`;
}

function truthSection({ truth }: MineReportOptions): string {
  const grades = truth?.grades ?? [];
  if (grades.length === 0) return "";
  const rows = grades.map(
    ({
      grade,
      tokens,
      called,
    }) => `<tr><th scope="row">${escapeHtml(grade)}</th><td class="number">${formatCount(tokens)}</td>
<td class="number">${formatCount(called)}</td><td class="number">${tokens === 0 ? "–" : formatShare(called / tokens)}</td></tr>`,
  );
  return `<h2>Against the known truth, by grade</h2>
<p class="note">How often each token occurred in this model's training is known. No code reads that file except to score.</p>
<div class="scroll"><table><thead><tr><th scope="col">grade</th><th scope="col" class="number">tokens</th><th scope="col" class="number">called glitch</th><th scope="col" class="number">share</th></tr></thead>
<tbody>${rows.join("\n")}</tbody></table></div>`;
}

function originSection(result: MineResult, { command, versions = {} }: MineReportOptions): string {
  const { model } = result;
  const facts: [string, string][] = [
    ["run", result.run],
    ["model", model.name],
    ["file", model.path],
    ["quantisation", model.quantisation],
    ["fingerprint", model.fingerprint],
    ["method", result.method],
    ["budget", budgetText(result.budget)],
    ["seed", String(result.seed)],
    ["status", result.status],
    ...Object.entries(versions),
  ];
  const items = facts.map(
    ([name, value]) => `<div><dt>${escapeHtml(name)}</dt><dd><code>${escapeHtml(value)}</code></dd></div>`,
  );
  return `<h2>These figures again</h2>
${command === undefined ? "" : `<p class="note">The same file, library and seed give the same verdicts:</p><code class="command">${escapeHtml(command)}</code>`}
<dl class="facts">${items.join("\n")}</dl>`;
}
