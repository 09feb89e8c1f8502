/** Words around the tables of a profile, the same in the terminal and the page. */

import type { ModelProfile } from "../measure/index.ts";

/** As in src/measure: this room knows the others by their types alone. A test holds them together. */
const EQUAL = "1 %";
const LARGE = "5 %";

/** What a reader has to know to read the figures, one sentence or two each. */
export function profileNotes(profile: ModelProfile): string[] {
  const { plan, best, source, text, budget, notes, status, types } = profile;
  const { promptTokens, newTokens, repeat } = plan;
  const scored = types.find(({ perplexity }) => perplexity)?.perplexity;
  return [
    ...notes,
    `Made of ${source.quantisation}; ${repeat} ${repeat === 1 ? "turn" : "turns"} each, every one in a process of its own with a warm ` +
      `page cache. Prompts of ${promptTokens} random tokens, greedy answers of ${newTokens}. Share: of llama.cpp's own batch decode.`,
    ...(scored
      ? [
          `Perplexity on ${text.name === "bundled" ? "the bundled text" : text.name}: windows of ${scored.window} tokens, ` +
            `${scored.stride} apart; intervals over ${scored.blocks.length} blocks. Ratios are paired by block, so they are far ` +
            "surer than the perplexities themselves.",
        ]
      : []),
    ...(budget === undefined
      ? []
      : [
          `Verdicts: a mine of each file with the budget ${budget}, compared over the tokens that both tested. A verdict near its ` +
            "threshold may turn with any change of the weights.",
        ]),
    "Time: decode is split by tokens; the grammar's part is what a constrained token costs beyond a free one; waiting is the " +
      "rest of the clock's time: queues and the program itself.",
    `Use: a precision is as good as ${best} if the upper end of its ratio is within ${EQUAL}; from ${LARGE} on its loss is large; the ` +
      "first choice is the smallest that fits this machine and is as good, else the smallest with a small loss.",
    ...(status === "interrupted" ? ["Stopped before the end: the figures are of what was finished."] : []),
  ];
}
