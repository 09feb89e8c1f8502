/** Words around the tables of a comparison of mining methods, the same in the terminal, Markdown and the page. */

import type { MiningBench, ModelScores } from "../measure/index.ts";
import { formatCount } from "./format.ts";
import { targetSizes } from "./mining-bench-table.ts";

/** What a reader has to know to read the figures, one sentence each. */
export function miningBenchNotes({ seeds, models }: MiningBench): string[] {
  return [
    `Shares are of what the budget allows: of n tokens, b probes can find min(b, n). Mean over ${seeds.length} ` +
      `${seeds.length === 1 ? "seed" : "seeds"} ± standard deviation in points; ±0 means that all agree.` +
      (models.length > 1 ? " In the mean over models the deviation is that over models." : ""),
    "Hit rate: confirmed glitches among the tokens tested." +
      (models.some(({ hasTruth }) => hasTruth)
        ? " Precision: of the tokens called glitches, those that training had not shown 50 times or more to be repeated."
        : ""),
    "Seconds are computed: probes and answers at their price in the stored census, plus the measured time of ordering.",
  ];
}

/** "lab-moe Q8_0: 12,028 candidates, …": what was searched. */
export function modelLine(scores: ModelScores): string {
  const { name, model, candidates, census, hasTruth } = scores;
  return (
    `${name} ${model.quantisation}: ${formatCount(candidates)} candidates; ${targetSizes(scores)}; ` +
    `${hasTruth ? "scored by the known truth and the" : "scored by the"} full census ${census.run}.`
  );
}
