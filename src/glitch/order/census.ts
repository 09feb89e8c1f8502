/** The census's order: nearest to the known-unused output rows first, then what resembles the failures found. */

import { hash32, seededOrder } from "../seeded.ts";
import { byScore, fixedOrder } from "./fixed-order.ts";
import { createNeighbours } from "./neighbours.ts";
import type { OrderContext, TokenOrder } from "./token-order.ts";

/** The share of each page that is drawn at random, to meet glitch tokens that resemble none found so far. */
const EXPLORE = 0.1;

/** Weight of the first order against the neighbours' vote, both within ±1. */
const PRIOR = 0.5;

/** Distance to the unused rows where such are known, else to the mean row; random without any indicators. */
export function bySuspicion({
  candidates,
  indicators,
  seed,
}: Pick<OrderContext, "candidates" | "indicators" | "seed">): number[] {
  if (!indicators) return seededOrder(candidates, seed, "random");
  return byScore(candidates, indicators.output.unused?.distance ?? indicators.output.meanDistance);
}

/** Starts it; without a sketch of the output rows it does not adapt. */
export function startCensus(context: OrderContext): TokenOrder {
  const first = bySuspicion(context);
  if (!context.adaptive || !context.indicators?.output.sketch) return fixedOrder(first);

  const prior = new Map(first.map((id, rank) => [id, 1 - (2 * rank) / Math.max(1, first.length - 1)]));
  const neighbours = createNeighbours(context.candidates, context.indicators, context.neighbours);
  const open = new Set(first);
  let pages = 0;
  return {
    async next(count) {
      // No verdict yet: the first order alone.
      const ranked =
        pages === 0
          ? [...open]
          : [...open]
              .map((id) => ({ id, score: neighbours.vote(id) + PRIOR * prior.get(id)! }))
              .sort((a, b) => b.score - a.score || a.id - b.id)
              .map(({ id }) => id);
      const explored = pages === 0 ? 0 : Math.floor(EXPLORE * count);
      const page = ranked.slice(0, count - explored);
      const rest = seededOrder(ranked.slice(page.length), hash32(context.seed, pages), "explore");
      page.push(...rest.slice(0, count - page.length));
      for (const id of page) open.delete(id);
      pages++;
      return page;
    },
    learn(rows) {
      for (const { id, verdict } of rows)
        if (verdict !== "untested") neighbours.add(id, verdict === "normal" ? -1 : 1, open);
    },
  };
}
