/** Words around the tables of a comparison of models, the same in the terminal, Markdown and the page. */

import type { ModelBench } from "../measure/index.ts";

/** As in src/measure/models/figure.ts; this room knows the others by their types alone. */
const RATIO_TURNS = 3;

/** What a reader has to know to read the figures, one sentence or two each. */
export function modelBenchNotes({ plan, status, models }: ModelBench): string[] {
  const { repeat, promptTokens, newTokens, items, seed } = plan;
  const turns = repeat === 1 ? "one turn" : `${repeat} turns, models in turn; medians, in brackets the ends`;
  return [
    `Each turn is a process of its own: ${turns}. Load time is with a warm page cache. Prompts of ${promptTokens} random ` +
      `tokens, greedy answers of ${newTokens}; time to first token is that of requests made at once.`,
    ...(models.some((row) => row.turns >= RATIO_TURNS)
      ? [
          "Share: of what llama.cpp's own batch decode reaches on the same tokens in the same process, without scheduler and sampling.",
        ]
      : []),
    ...(models.some((row) => row.turns < RATIO_TURNS)
      ? [
          `With fewer than ${RATIO_TURNS} turns no ratio of speeds is told: --repeat ${RATIO_TURNS} gives them.`,
        ]
      : []),
    "Peak memory is the process's; the model's part leaves out what Node and this program held before. The prediction is " +
      "for the model alone.",
    ...(items > 0
      ? [
          `Quality: ${items} items a task from seed ${seed}, drawn so that no text holds the answers, greedy. What guessing reaches is no skill.`,
        ]
      : []),
    ...(models.some(({ soak }) => soak)
      ? [
          "Growth: a straight line through the long run after its first quarter, with Student's 95 % interval.",
        ]
      : []),
    ...(status === "interrupted"
      ? ["Stopped before the end: the figures are of the turns that were finished."]
      : []),
  ];
}
