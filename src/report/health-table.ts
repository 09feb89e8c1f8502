/** The health of words for the terminal: columns, rows and summary lines as plain text. Pure, as mine-table.ts. */

import type { HealthResult, WordHealth, WordToken } from "../glitch/index.ts";
import { formatCount } from "./format.ts";
import type { Table } from "./mine-table.ts";

/** Words whose weakest token is below this place are called weak: a tenth of any vocabulary is. */
export const WEAK = 0.1;

/** The words, the weakest first; at most `limit` of them. */
export function healthTable({ words }: HealthResult, { limit = 50 }: { limit?: number } = {}): Table {
  return {
    columns: [
      { title: "health", align: "right" },
      { title: "word", align: "left" },
      { title: "weakest token", align: "left" },
      { title: "verdict", align: "left" },
      { title: "tokens", align: "left" },
    ],
    rows: words.slice(0, limit).map((word) => {
      const weakest = word.tokens[word.weakest]!;
      return [
        formatPlace(word.health),
        word.text,
        `${weakest.id} ${weakest.text}`,
        weakest.verdict ?? "–",
        tokensText(word),
      ];
    }),
    left: Math.max(0, words.length - limit),
  };
}

/** "Name: value" lines, then what the reader must know. */
export function healthSummary({ model, words, candidates, run, ingredients, notes }: HealthResult): string[] {
  const weak = words.filter(({ health }) => health < WEAK).length;
  const glitches = words.filter(({ tokens }) => tokens.some(({ verdict }) => verdict === "glitch")).length;
  return [
    `Words: ${formatCount(words.length)}, ${formatCount(weak)} with a token among the weakest tenth of ${model.name}`,
    `Scale: share of the ${formatCount(candidates)} typeable tokens that look worse learnt (${ingredients.map(({ id }) => id).join(" and ")})`,
    run === null
      ? "Verdicts: none, as this model was not mined"
      : `Verdicts: of ${run}; ${formatCount(glitches)} ${glitches === 1 ? "word has" : "words have"} a glitch token, marked !`,
    ...notes,
  ];
}

/** "▁tro 0.84 · ponin 0.07": what a word is made of. */
export function tokensText({ tokens }: WordHealth): string {
  return tokens
    .map(({ text, health, verdict }: WordToken) => {
      const mark = verdict === "glitch" ? "!" : "";
      return `${text} ${formatPlace(health)}${mark}`;
    })
    .join(" · ");
}

/** Two digits, never a false 0 or 1: 0.0004 -> "<0.01". */
export function formatPlace(share: number): string {
  if (share > 0 && share < 0.005) return "<0.01";
  if (share < 1 && share >= 0.995) return ">0.99";
  return share.toFixed(2);
}
