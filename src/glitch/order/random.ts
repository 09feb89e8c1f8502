/** Seeded random order: what every other method has to beat. */

import { seededOrder } from "../seeded.ts";
import { fixedOrder } from "./fixed-order.ts";
import type { OrderContext, OrderMethod } from "./token-order.ts";

/** An order that hangs on the seed and each id alone. */
export function atRandom({ candidates, seed }: Pick<OrderContext, "candidates" | "seed">): number[] {
  return seededOrder(candidates, seed, "random");
}

export const RANDOM: OrderMethod = {
  id: "random",
  goal: "Seeded random order: the baseline of every comparison.",
  reference: "-",
  usesIndicators: false,
  start: (context) => fixedOrder(atRandom(context)),
};
