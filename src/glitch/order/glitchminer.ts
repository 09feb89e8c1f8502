/** GlitchMiner's search. */

import { startWalk, walkCharge } from "./embedding-walk.ts";
import { fixedOrder } from "./fixed-order.ts";
import { byNorm } from "./low-norm.ts";
import type { OrderMethod } from "./token-order.ts";

export const GLITCHMINER: OrderMethod = {
  id: "glitchminer",
  goal: "From the smallest input embedding over nearest neighbours in output space, highest entropy first.",
  reference: "Wu et al. 2024, GlitchMiner (arXiv 2410.15052); k 32 and batch 8 as in its program.",
  usesIndicators: true,
  reads: "output-rows",
  neighbours: 32,
  charge: walkCharge,
  start(context) {
    const byInputNorm = byNorm(context);
    const rows = context.indicators?.rows?.output;
    // When everything is tested the walk would only cost its look ahead.
    if (!rows || !context.adaptive || byInputNorm.length === 0) return fixedOrder(byInputNorm);
    return startWalk({ ...context, rows, start: byInputNorm[0]!, ids: context.candidates });
  },
};
