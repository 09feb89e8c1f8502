/** What a way of routing comes to on stored answers: its quality and its cost, item by item. */

import { createRouter, type RoutePolicy } from "../../route/index.ts";
import type { AnsweredItem, ItemAnswer, RoutingAnswers } from "./routing-answers.ts";

/** What is done with one item; shares between 0 and 1 stand for a draw by lot. */
export interface ItemRoute {
  /** Goes to the large model at once. */
  readonly large: number;
  /** Its small answer, if there is one, is given up for the large one. */
  readonly escalated: boolean;
}

/** What comes of one item. */
export interface ItemResult {
  /** Chance of a right answer. */
  readonly right: number;
  /** Expected tokens at the large model, prompt and answer. */
  readonly largeTokens: number;
  /** Expected seconds at both models. */
  readonly seconds: number;
  /** Chance that the large model is asked. */
  readonly asksLarge: number;
}

/**
 * The result of a route. Seconds are tokens at each model's measured rate over the whole run: what an item costs
 * in a full batch, whoever shares it.
 */
export function itemResults(answers: RoutingAnswers, routes: readonly ItemRoute[]): ItemResult[] {
  const rates = { small: secondsPerToken(answers, "small"), large: secondsPerToken(answers, "large") };
  return answers.items.map(({ small, large }, index) => {
    const { large: direct, escalated } = routes[index]!;
    const asksLarge = direct + (1 - direct) * (escalated ? 1 : 0);
    return {
      right: asksLarge * (large.right ? 1 : 0) + (1 - asksLarge) * (small.right ? 1 : 0),
      largeTokens: asksLarge * tokensOf(large),
      seconds: asksLarge * tokensOf(large) * rates.large + (1 - direct) * tokensOf(small) * rates.small,
      asksLarge,
    };
  });
}

/** Prompt and answer. */
export function tokensOf({ promptTokens, completionTokens }: ItemAnswer): number {
  return promptTokens + completionTokens;
}

function secondsPerToken({ items, ...models }: RoutingAnswers, tier: "small" | "large"): number {
  const tokens = items.reduce((sum, item) => sum + tokensOf(item[tier]), 0);
  return models[tier].seconds / Math.max(1, tokens);
}

/** Every item the same way. */
export function alwaysRoutes({ items }: RoutingAnswers, large: number): ItemRoute[] {
  return items.map(() => ({ large, escalated: false }));
}

/** As the router decides with both models loaded and idle; `cascade` false: its first choice is final. */
export function policyRoutes(answers: RoutingAnswers, policy: RoutePolicy, cascade: boolean): ItemRoute[] {
  const router = createRouter(policy, { clock: () => 0 });
  const candidate = (tier: "small" | "large", item: AnsweredItem) => ({
    ...{ model: tier, tier, context: answers[tier].context, promptTokens: item[tier].promptTokens },
    ...{ loaded: true, fits: true, active: 0, waiting: 0, glitches: 0 },
    ...{ promptSpeed: undefined, generationSpeed: undefined },
  });
  return answers.items.map((item) => {
    const { model, escalateTo, minConfidence } = router.decide({
      features: item.features,
      candidates: [candidate("small", item), candidate("large", item)],
      ...{ tier: undefined, deadline: undefined, freeMemory: undefined },
    });
    const escalated = cascade && escalateTo !== undefined && isGivenUp(item.small, minConfidence);
    return { large: model === "large" ? 1 : 0, escalated };
  });
}

/** The small model is always asked first. */
export function cascadeRoutes({ items }: RoutingAnswers, minConfidence: number | undefined): ItemRoute[] {
  return items.map(({ small }) => ({ large: 0, escalated: isGivenUp(small, minConfidence) }));
}

/** As good as can be, at the least cost: the large model where it alone is right. */
export function oracleRoutes({ items }: RoutingAnswers): ItemRoute[] {
  return items.map(({ small, large }) => ({ large: !small.right && large.right ? 1 : 0, escalated: false }));
}

function isGivenUp({ valid, confidence }: ItemAnswer, minConfidence: number | undefined): boolean {
  return !valid || (minConfidence !== undefined && confidence < minConfidence);
}
