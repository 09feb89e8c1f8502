/** Smallest input embedding first. */

import { byScore, fixedOrder } from "./fixed-order.ts";
import { atRandom } from "./random.ts";
import type { OrderContext, OrderMethod } from "./token-order.ts";

/** Ascending by the norm of the input row; random without indicators. */
export function byNorm(context: Pick<OrderContext, "candidates" | "indicators" | "seed">): number[] {
  const { candidates, indicators } = context;
  return indicators ? byScore(candidates, indicators.input.norm) : atRandom(context);
}

export const LOW_NORM: OrderMethod = {
  id: "low-norm",
  goal: "Smallest input embedding first.",
  reference: "glitcher's find_low_norm_tokens; where GlitchMiner and glitcher begin.",
  usesIndicators: true,
  start: (context) => fixedOrder(byNorm(context)),
};
