/** What a comparison of ways to route means, in sentences; above all where routing does not help. */

import type { Estimate, RoutingBench, StrategyRow } from "../measure/index.ts";
import { formatCount, formatSeconds } from "./format.ts";
import { points } from "./routing-bench-table.ts";

/** The findings: each one says what the figures allow to be said, and no more. */
export function routingFindings(bench: RoutingBench): string[] {
  const { gap, strategies, curves, policy, small, large } = bench;
  const findings = [
    gap.low > 0
      ? `${large.name} is better than ${small.name} on these items by ${points(gap)} points: there is something to route for.`
      : `Routing does not help here: ${large.name} is not shown to be better than ${small.name} (${points(gap)} points), so the small model may answer everything.`,
  ];
  const alwaysLarge = strategies.find(({ id }) => id === "always large");
  for (const row of strategies) {
    if (row.id === "oracle" || row.id === "length" || row.overRandom === undefined) continue;
    findings.push(...strategyFindings(row, bench, alwaysLarge?.seconds));
  }
  const score = curves.find(({ id }) => id === "score");
  if (score?.areaOverRandom && score.areaOverRandom.low <= 0)
    findings.push(
      `At no matter which threshold: over all costs the score of ${policy} is not shown to order these items better than a draw does.`,
    );
  if (score?.areaOverRandom && score.areaOverRandom.low > 0)
    findings.push(
      `Over all thresholds the score of ${policy} orders these items better than a draw does; what that is worth hangs on where its threshold stands.`,
    );
  return findings;
}

function strategyFindings(
  { id, calls, seconds, overRandom, overLength }: StrategyRow,
  { small, large, policy }: RoutingBench,
  secondsOfLarge = Number.POSITIVE_INFINITY,
): string[] {
  if (calls === 0 || calls === 1) {
    const name = calls === 0 ? small.name : large.name;
    return [
      `"${id}" sends every item to ${name}, so it is no better than that model alone: all scores are on one side of the threshold of ${policy}.`,
    ];
  }
  return [
    verdict(`"${id}"`, "a draw by lot at its cost", overRandom!),
    ...(overLength === undefined
      ? []
      : [verdict(`"${id}"`, "the longest prompts first at its cost", overLength)]),
    ...(seconds > secondsOfLarge
      ? [
          `"${id}" takes more time than asking ${large.name} everything (${formatSeconds(seconds)} against ${formatSeconds(secondsOfLarge)}): answers that are given up are paid for twice.`,
        ]
      : []),
  ];
}

function verdict(what: string, other: string, gain: Estimate): string {
  if (gain.low > 0) return `${what} is better than ${other}: ${points(gain)} points.`;
  if (gain.high < 0) return `${what} is worse than ${other}: ${points(gain)} points. It does not help here.`;
  return `${what} is not shown to differ from ${other}: ${points(gain)} points. It does not help here as far as these items tell.`;
}

/** What a reader has to know to read the figures, one sentence or two each. */
export function routingBenchNotes({ items, seed, small, large, policy, errors }: RoutingBench): string[] {
  return [
    `${formatCount(items)} items from seed ${seed}, each answered once by ${small.name} and once by ${large.name}, greedy; all ways ` +
      "are compared on these same answers, and intervals are of draws of items that all share.",
    `The weights of ${policy} were reasoned, not fitted on these items. "refitted" shows what a fit could do, on items that had no ` +
      "part in it but come from the same few tasks: real traffic is more varied, and it would do worse there.",
    "Large tokens: prompt and answer tokens at the large model, as a share of those of asking it everything. Seconds are each " +
      "model's measured seconds a token in full batches, times the tokens, the small model's given-up answers included.",
    "Gap closed: share of the large model's lead, 0.5 for a draw by lot; it can pass 1 where the small model is right and the large one wrong.",
    "Load, deadlines, glitch tokens and queues have no part here: both models count as loaded and idle.",
    ...(errors > 0 ? [`${errors} items could not be asked of one of the models and count as wrong.`] : []),
  ];
}
