/** The health of words as one HTML file that works offline: nothing is fetched and no script runs in it. */

import type { HealthResult } from "../glitch/index.ts";
import { escapeHtml } from "./escape.ts";
import { formatCount } from "./format.ts";
import { formatPlace, healthSummary, tokensText } from "./health-table.ts";
import { htmlPage, originSection } from "./html-page.ts";
import { htmlTable } from "./html-table.ts";
import type { MineReportOptions } from "./mine-figures.ts";

/** Renders the report. */
export function renderHealthHtml(
  result: HealthResult,
  { command, versions = {} }: Pick<MineReportOptions, "command" | "versions"> = {},
): string {
  const { model, words, seed, run } = result;
  const title = `How well ${model.name} knows ${formatCount(words.length)} ${words.length === 1 ? "word" : "words"}`;
  const facts: [string, string][] = [
    ["model", model.name],
    ["file", model.path],
    ["quantisation", model.quantisation],
    ["fingerprint", model.fingerprint],
    ["seed", String(seed)],
    ...(run === null ? [] : [["mine", run] as [string, string]]),
    ...Object.entries(versions),
  ];
  const main = `<h1>${escapeHtml(title)}</h1>
<p>A word is as healthy as its weakest token. Health is a place: 0.03 means that 97 of 100 tokens of this model look better
learnt. It says how well a piece of text was seen in training, not whether the model knows what the word means.</p>
${healthSummary(result)
  .map((line) => `<p class="note">${escapeHtml(line)}</p>`)
  .join("\n")}
<h2>Words, the weakest first</h2>
${wordTable(result)}
${originSection(command, facts)}`;
  return htmlPage({ title, main });
}

function wordTable({ words }: HealthResult): string {
  return htmlTable(
    [
      { title: "word" },
      { title: "line", isNumber: true },
      { title: "health", isNumber: true },
      { title: "weakest token" },
      { title: "verdict" },
      { title: "tokens" },
    ],
    words.map((word) => {
      const weakest = word.tokens[word.weakest]!;
      return {
        cells: [
          word.text,
          String(word.line),
          formatPlace(word.health),
          `${weakest.id} ${weakest.text}`,
          weakest.verdict ?? "–",
          tokensText(word),
        ],
        bar: { column: 2, share: word.health },
      };
    }),
  );
}
