/** The methods that can be compared at equal budget. */

import { seededOrder } from "../seeded.ts";
import { startCensus } from "./census.ts";
import { byScore, fixedOrder } from "./fixed-order.ts";
import type { OrderMethod } from "./token-order.ts";

export const ORDER_METHODS: readonly OrderMethod[] = [
  {
    id: "census",
    goal: "Nearest to the known-unused output rows first, then what resembles the failures found so far.",
    reference: "Land and Bartolo 2024 for the start; own k-nearest-neighbours refit.",
    usesIndicators: true,
    usesNeighbours: true,
    start: startCensus,
  },
  {
    id: "low-norm",
    goal: "Smallest input embedding first.",
    reference: "glitcher's and GlitchMiner's start; Magikarp's default for untied models.",
    usesIndicators: true,
    usesNeighbours: false,
    start: ({ candidates, indicators, seed }) =>
      fixedOrder(
        indicators ? byScore(candidates, indicators.input.norm) : seededOrder(candidates, seed, "random"),
      ),
  },
  {
    id: "random",
    goal: "Seeded random order: the baseline of every comparison.",
    reference: "-",
    usesIndicators: false,
    usesNeighbours: false,
    start: ({ candidates, seed }) => fixedOrder(seededOrder(candidates, seed, "random")),
  },
];
