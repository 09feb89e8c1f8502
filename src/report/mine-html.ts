/**
 * A mine as one HTML file that works offline: no request to anywhere, every figure explained, the whole
 * evidence inside. What carries the argument (figures, plots, templates) is static; only the table is script.
 */

import type { MineResult, Verdict } from "../glitch/index.ts";
import { escapeHtml } from "./escape.ts";
import { formatCount } from "./format.ts";
import { htmlPage, originSection } from "./html-page.ts";
import {
  budgetText,
  headlines,
  type MineReportOptions,
  statusNote,
  VERDICT_MEANINGS,
} from "./mine-figures.ts";
import { minePlots } from "./mine-plots.ts";
import { classSection, promptSection, templateSection, truthSection } from "./mine-sections.ts";
import { MINE_PAGE } from "./page/mine-page-text.ts";
import { separations } from "./separation.ts";
import { verdictTable } from "./verdict-table.ts";

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
  const main = [
    heading(result),
    headlineList(result, options),
    verdictStrip(result),
    `<h2>Where they lie</h2>\n<div class="plot" id="scatter-plot">${minePlots(result, indicators)}</div>`,
    verdictTable(result, indicators),
    templateSection(result),
    promptSection(result),
    classSection(result),
    truthSection(options.truth),
    mineOrigin(result, options),
  ].join("\n");
  return htmlPage({ title, main, script: { source: MINE_PAGE, result } });
}

function heading({ model, counts, status, notes = [] }: MineResult): string {
  const warnings = [statusNote(status), ...notes].filter((note) => note !== undefined);
  return `<header>
<h1><span class="count">${formatCount(counts.glitch)}</span> glitch ${counts.glitch === 1 ? "token" : "tokens"} in ${escapeHtml(model.name)}</h1>
<p>A glitch token is a word piece that the tokenizer knows and the model never learnt: asked to repeat it, the model
writes something else. Text that contains one can derail an answer. This page tells which ones this very file
(${escapeHtml(model.quantisation)}) has, and shows the evidence for each.</p>
${warnings.map((note) => `<p class="warning">${escapeHtml(note)}</p>`).join("\n")}
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

function mineOrigin(result: MineResult, { command, versions = {} }: MineReportOptions): string {
  const { model } = result;
  const facts: [string, string][] = [
    ["run", result.run],
    ["model", model.name],
    ["file", model.path],
    ["quantisation", model.quantisation],
    ["fingerprint", model.fingerprint],
    ["method", result.method],
    ["mode", result.mode ?? "entropy"],
    ["budget", budgetText(result.budget)],
    ["seed", String(result.seed)],
    ["status", result.status],
    ...Object.entries(versions),
  ];
  return originSection(command, facts, "The same file, library and seed give the same verdicts:");
}
