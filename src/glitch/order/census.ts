/**
 * The census's order: nearest to the known-unused output rows first, then what resembles the failures found, in
 * weights and, where weights point to nothing, in text.
 */

import { byScore, fixedOrder } from "./fixed-order.ts";
import { createNeighbours } from "./neighbours.ts";
import { atRandom } from "./random.ts";
import { createTextLikeness } from "./text-likeness.ts";
import type { OrderContext, OrderMethod, TokenOrder } from "./token-order.ts";

/** Weight of the first order against the neighbours' vote, both within ±1. */
const PRIOR = 0.5;

/**
 * Distance to the mean of the unused rows after the first principal component was removed, where unused rows are
 * known; else the angle to the mean of all rows; random without any indicators.
 *
 * On the lab models the first finds the rarely trained tokens that the plain distance and the cosines leave for
 * later, and is their equal on those never trained. The second is the best there without known-unused rows: the
 * rows of unseen tokens share a direction that dominates the mean. Norms of output rows are no start: training
 * pushes the rows of unseen tokens outwards or leaves them small, and which of the two differs from model to model.
 */
export function bySuspicion(context: Pick<OrderContext, "candidates" | "indicators" | "seed">): number[] {
  const { candidates, indicators } = context;
  if (!indicators) return atRandom(context);
  return byScore(candidates, indicators.output.unused?.distanceNoPc ?? indicators.output.meanCosine);
}

/** Starts it; without a sketch of the output rows it does not adapt. */
function startCensus(context: OrderContext): TokenOrder {
  const { candidates, indicators, adaptive, neighbours, textOf } = context;
  const first = bySuspicion(context);
  if (!adaptive || !indicators?.output.sketch) return fixedOrder(first);

  const prior = new Map(first.map((id, rank) => [id, 1 - (2 * rank) / Math.max(1, first.length - 1)]));
  const near = createNeighbours(candidates, indicators, neighbours);
  const texts = createTextLikeness(candidates, textOf);
  const open = new Set(first);
  // Nothing is explored: the audit sample of the mine is drawn at random, and baselines explore nothing either.
  return {
    async next(count) {
      const page = [...open]
        .map((id) => {
          const vote = near.vote(id);
          // Most neighbours failed: weights decide. Else they say nothing, or may lie, and texts come first.
          const isSuspect = vote > 0;
          return {
            id,
            tier: isSuspect ? 1 : 0,
            text: isSuspect ? 0 : texts.score(id),
            score: vote + PRIOR * prior.get(id)!,
          };
        })
        .sort((a, b) => b.tier - a.tier || b.text - a.text || b.score - a.score || a.id - b.id)
        .slice(0, count)
        .map(({ id }) => id);
      for (const id of page) open.delete(id);
      return page;
    },
    learn(rows) {
      for (const { id, verdict } of rows) {
        if (verdict === "untested") continue;
        near.add(id, verdict === "normal" ? -1 : 1, open);
        if (verdict !== "normal") texts.add(id);
      }
    },
  };
}

export const CENSUS: OrderMethod = {
  id: "census",
  goal: "Nearest to the known-unused output rows first, then what resembles the failures found.",
  reference: "Land and Bartolo 2024 for the indicators; own k-nearest-neighbours refit.",
  usesIndicators: true,
  reads: "sketch",
  neighbours: 8,
  start: startCensus,
};
