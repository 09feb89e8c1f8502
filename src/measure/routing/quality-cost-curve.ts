/**
 * Quality against cost: items go to the large model in the order of a value, the highest first, and after each step
 * there is a point. Cost is the share of the tokens that the large model would take if it were asked everything.
 */

import { tokensOf } from "./routes.ts";
import type { RoutingAnswers } from "./routing-answers.ts";

export interface QualityCost {
  /** 0 to 1. */
  readonly cost: number;
  /** Share of right answers. */
  readonly quality: number;
}

/** What a curve needs of an item. */
export interface CurveItem {
  readonly small: number;
  readonly large: number;
  /** At the large model. */
  readonly tokens: number;
}

/** Items as curves count them. */
export function curveItems({ items }: RoutingAnswers): CurveItem[] {
  return items.map(({ small, large }) => ({
    small: small.right ? 1 : 0,
    large: large.right ? 1 : 0,
    tokens: tokensOf(large),
  }));
}

/**
 * The order of a curve: groups of items with the same value, which no threshold can tell apart.
 * @param values one an item, high: to the large model first
 */
export function orderGroups(values: readonly number[]): number[][] {
  const order = values.map((_, index) => index).sort((a, b) => values[b]! - values[a]!);
  const groups: number[][] = [];
  for (const index of order) {
    const group = groups.at(-1);
    if (group && values[group[0]!] === values[index]) group.push(index);
    else groups.push([index]);
  }
  return groups;
}

/**
 * The curve from "all small" to "all large".
 * @param counts how often each item counts; of a bootstrap's draw
 */
export function qualityCostCurve(
  items: readonly CurveItem[],
  groups: readonly (readonly number[])[],
  counts?: ArrayLike<number>,
): QualityCost[] {
  const countOf = (index: number) => counts?.[index] ?? 1;
  let [drawn, quality, all] = [0, 0, 0];
  for (const [index, { small, tokens }] of items.entries()) {
    drawn += countOf(index);
    quality += countOf(index) * small;
    all += countOf(index) * tokens;
  }
  let cost = 0;
  const points: QualityCost[] = [{ cost: 0, quality: quality / drawn }];
  for (const group of groups) {
    for (const index of group) {
      const { small, large, tokens } = items[index]!;
      quality += countOf(index) * (large - small);
      cost += countOf(index) * tokens;
    }
    points.push({ cost: cost / Math.max(1, all), quality: quality / drawn });
  }
  return points;
}

/** The curve's quality at a cost: between two thresholds a draw by lot. */
export function qualityAt(curve: readonly QualityCost[], cost: number): number {
  const after = curve.findIndex((point) => point.cost >= cost);
  if (after <= 0) return curve.at(after)!.quality;
  const [low, high] = [curve[after - 1]!, curve[after]!];
  const share = high.cost === low.cost ? 1 : (cost - low.cost) / (high.cost - low.cost);
  return low.quality + share * (high.quality - low.quality);
}

/**
 * Area under the share of the gap between the models that is closed, over all costs: 0.5 for a draw by lot, 1 for
 * all of the gap at no cost. After APGR (Ong et al. 2024, RouteLLM, section 4), with tokens in place of calls.
 * @returns undefined where there is no gap: the large model is not better
 */
export function gapClosed(curve: readonly QualityCost[]): number | undefined {
  const [small, large] = [curve[0]!.quality, curve.at(-1)!.quality];
  if (large <= small) return undefined;
  let area = 0;
  for (let index = 1; index < curve.length; index++) {
    const [a, b] = [curve[index - 1]!, curve[index]!];
    area += (b.cost - a.cost) * ((a.quality + b.quality) / 2 - small);
  }
  return area / (large - small);
}
