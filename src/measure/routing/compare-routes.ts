/** Ways to route, on the same stored answers: quality, cost, and what is more than chance. */

import { fitRow, heldOutScores, type RoutePolicy, scoreOf } from "../../route/index.ts";
import { type Estimate, pairedBootstrap } from "./paired-bootstrap.ts";
import {
  type CurveItem,
  curveItems,
  gapClosed,
  orderGroups,
  type QualityCost,
  qualityAt,
  qualityCostCurve,
} from "./quality-cost-curve.ts";
import {
  alwaysRoutes,
  cascadeRoutes,
  type ItemResult,
  type ItemRoute,
  itemResults,
  oracleRoutes,
  policyRoutes,
  tokensOf,
} from "./routes.ts";
import type { RoutingAnswers } from "./routing-answers.ts";
import type { RoutingBench, StrategyCurve, StrategyRow, TaskRow } from "./routing-bench.ts";

/** A way to route, as it is computed. */
interface Strategy {
  readonly id: string;
  readonly goal: string;
  readonly results: readonly ItemResult[];
  /** It is one of the two ends, or bound to a cost by its making: nothing is gained over a draw. */
  readonly isEnd?: boolean;
}

/** Compares. The policy's weights were not fitted on these items; the one curve that was is marked. */
export function compareRoutes(answers: RoutingAnswers, policy: RoutePolicy, seed: number): RoutingBench {
  const items = curveItems(answers);
  const strategies = strategiesOf(answers, policy);
  const orders = ordersOf(answers, policy, seed);
  const lengths = orders.find(({ id }) => id === "length")!.groups;
  const byTask = [...new Set(answers.items.map(({ task }) => task))].map((task) =>
    answers.items.flatMap((item, index) => (item.task === task ? [index] : [])),
  );

  const ofStrategies = pairedBootstrap(byTask, strategyFigures(items, strategies, lengths), { seed });
  const ofCurves = pairedBootstrap(
    byTask,
    (counts) => {
      const areas = orders.map(({ groups }) => gapClosed(qualityCostCurve(items, groups, counts)));
      return areas.flatMap((area) => [area, area === undefined ? undefined : area - 0.5]);
    },
    { seed },
  );
  const [gap] = ofStrategies;
  return {
    policy: policy.name,
    seed,
    items: items.length,
    small: answers.small,
    large: answers.large,
    gap: gap!,
    strategies: rowsOf(strategies, items, ofStrategies.slice(1)),
    curves: orders.map(({ id, goal, groups }, index): StrategyCurve => {
      const points = thin(qualityCostCurve(items, groups));
      return { id, goal, points, area: ofCurves[2 * index], areaOverRandom: ofCurves[2 * index + 1] };
    }),
    tasks: taskRows(answers, policy),
    errors: answers.items.filter(({ small, large }) => small.error ?? large.error).length,
  };
}

function strategiesOf(answers: RoutingAnswers, policy: RoutePolicy): Strategy[] {
  const way = (id: string, goal: string, routes: readonly ItemRoute[], isEnd = false): Strategy => ({
    ...{ id, goal, results: itemResults(answers, routes), isEnd },
  });
  const minConfidence = policy.cascade?.minConfidence ?? undefined;
  const first = policyRoutes(answers, policy, false);
  const share = first.reduce((sum, { large }) => sum + large, 0) / first.length;
  return [
    way("always small", "the small model answers everything", alwaysRoutes(answers, 0), true),
    way("always large", "the large model answers everything", alwaysRoutes(answers, 1), true),
    way(
      "random",
      `a draw by lot with as many to the large model as "${policy.name}, score"`,
      alwaysRoutes(answers, share),
      true,
    ),
    way("length", "the longest prompts to the large model, as many", longestRoutes(answers, share)),
    way(`${policy.name}, score`, "the router's first choice is final", first),
    ...(policy.cascade === null
      ? []
      : [
          way(
            `${policy.name}, cascade`,
            "the router, with answers that are unsure or cut off given up",
            policyRoutes(answers, policy, true),
          ),
          way(
            "small first",
            "always the small model first, with the same cascade",
            cascadeRoutes(answers, minConfidence),
          ),
        ]),
    way(
      "oracle",
      "the large model where it alone is right: a bound, nobody can know it",
      oracleRoutes(answers),
    ),
  ];
}

/** The longest so many; items of equal length share the last places by lot. */
function longestRoutes({ items }: RoutingAnswers, share: number): ItemRoute[] {
  const routes: ItemRoute[] = items.map(() => ({ large: 0, escalated: false }));
  let left = share * items.length;
  for (const group of orderGroups(items.map(({ features }) => features.characters))) {
    const part = Math.min(1, left / group.length);
    for (const index of group) routes[index] = { large: part, escalated: false };
    left -= part * group.length;
  }
  return routes;
}

interface Order {
  readonly id: string;
  readonly goal: string;
  readonly groups: readonly (readonly number[])[];
}

function ordersOf({ items }: RoutingAnswers, policy: RoutePolicy, seed: number): Order[] {
  const order = (id: string, goal: string, values: readonly number[]): Order => ({
    ...{ id, goal, groups: orderGroups(values) },
  });
  const rows = items.map(({ features, small, large }) => fitRow(features, !small.right && large.right));
  return [
    order(
      "score",
      `the score of ${policy.name}, at every threshold`,
      items.map(({ features }) => scoreOf(features, policy.weights)),
    ),
    order(
      "confidence",
      "the small model first, given up under every confidence; the small answers' cost is not on this axis",
      items.map(({ small }) => (small.valid ? 1 - small.confidence : 2)),
    ),
    order(
      "length",
      "the longest prompts first",
      items.map(({ features }) => features.characters),
    ),
    order(
      "refitted",
      "weights refitted on four fifths of these items and used on the rest; a server has no such answers",
      heldOutScores(rows, policy.weights, { seed }),
    ),
    order(
      "oracle",
      "what is gained per token first: a bound, nobody can know it",
      items.map(({ small, large }) => ((large.right ? 1 : 0) - (small.right ? 1 : 0)) / tokensOf(large)),
    ),
  ];
}

/** The gap between the models; then each strategy's quality, gain over a draw and over length at its cost. */
function strategyFigures(
  items: readonly CurveItem[],
  strategies: readonly Strategy[],
  lengths: readonly (readonly number[])[],
) {
  return (counts: Float64Array): number[] => {
    const mean = (value: (index: number) => number) => {
      let [sum, drawn] = [0, 0];
      for (const [index, count] of counts.entries()) {
        sum += count * value(index);
        drawn += count;
      }
      return sum / drawn;
    };
    const small = mean((index) => items[index]!.small);
    const large = mean((index) => items[index]!.large);
    const tokens = mean((index) => items[index]!.tokens);
    const byLength = qualityCostCurve(items, lengths, counts);
    return [
      large - small,
      ...strategies.flatMap(({ results }) => {
        const quality = mean((index) => results[index]!.right);
        const cost = mean((index) => results[index]!.largeTokens) / Math.max(1e-9, tokens);
        return [quality, quality - (small + cost * (large - small)), quality - qualityAt(byLength, cost)];
      }),
    ];
  };
}

function rowsOf(
  strategies: readonly Strategy[],
  items: readonly CurveItem[],
  figures: readonly (Estimate | undefined)[],
): StrategyRow[] {
  const all = items.reduce((sum, { tokens }) => sum + tokens, 0);
  return strategies.map(({ id, goal, results, isEnd }, index) => {
    const [quality, overRandom, overLength] = figures.slice(3 * index, 3 * index + 3);
    const sum = (value: (result: ItemResult) => number) =>
      results.reduce((total, result) => total + value(result), 0);
    return {
      ...{ id, goal, quality: quality! },
      cost: sum(({ largeTokens }) => largeTokens) / Math.max(1, all),
      calls: sum(({ asksLarge }) => asksLarge) / results.length,
      seconds: sum(({ seconds }) => seconds),
      overRandom: isEnd ? undefined : overRandom,
      overLength: isEnd || id === "length" ? undefined : overLength,
    };
  });
}

function taskRows(answers: RoutingAnswers, policy: RoutePolicy): TaskRow[] {
  const routes = policyRoutes(answers, policy, policy.cascade !== null);
  const results = itemResults(answers, routes);
  return [...new Set(answers.items.map(({ task }) => task))].map((task) => {
    const own = answers.items.flatMap((item, index) => (item.task === task ? [{ item, index }] : []));
    const share = (value: (one: (typeof own)[number]) => number) =>
      own.reduce((sum, one) => sum + value(one), 0) / own.length;
    return {
      task,
      items: own.length,
      small: share(({ item }) => (item.small.right ? 1 : 0)),
      large: share(({ item }) => (item.large.right ? 1 : 0)),
      direct: share(({ index }) => routes[index]!.large),
      escalated: share(({ index }) => (routes[index]!.escalated ? 1 : 0)),
      routed: share(({ index }) => results[index]!.right),
    };
  });
}

/** A plot needs no more. */
const MOST_POINTS = 200;

function thin(points: readonly QualityCost[]): QualityCost[] {
  const step = Math.ceil(points.length / MOST_POINTS);
  return points.filter((_, index) => index % step === 0 || index === points.length - 1);
}
