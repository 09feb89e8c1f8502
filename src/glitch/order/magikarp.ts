/** The indicators of Land and Bartolo 2024 ("Fishing for Magikarp", section 3.2), lowest first. */

import { byScore, fixedOrder } from "./fixed-order.ts";
import { byNorm } from "./low-norm.ts";
import type { OrderMethod } from "./token-order.ts";

/**
 * Their program's own choice of indicator (index 0 of its list): the norm of the input row where input and
 * output are two matrices, which makes it `low-norm`, and the cosine of the output row to the mean of
 * known-unused rows where they are one. For tied models the program refuses to run without known-unused ids;
 * here it falls back to the norm.
 */
export const MAGIKARP: OrderMethod = {
  id: "magikarp",
  goal: "Smallest input embedding first; of tied models nearest in direction to the known-unused rows.",
  reference: "Land and Bartolo 2024 (arXiv 2405.05417), the default indicator of their program.",
  usesIndicators: true,
  start(context) {
    const { candidates, indicators } = context;
    const unused = indicators?.tied ? indicators.output.unused : undefined;
    return fixedOrder(unused ? byScore(candidates, unused.cosine) : byNorm(context));
  },
};

/** The indicator of theirs that takes most preparation, so that they are not compared by their default alone. */
export const MAGIKARP_OUTPUT: OrderMethod = {
  id: "magikarp-output",
  goal: "Output rows nearest in direction to the known-unused ones, the first principal component removed.",
  reference: "Land and Bartolo 2024 (arXiv 2405.05417), section 3.2.",
  usesIndicators: true,
  start(context) {
    const { candidates, indicators } = context;
    const unused = indicators?.output.unused;
    return fixedOrder(unused ? byScore(candidates, unused.cosineNoPc) : byNorm(context));
  },
};
