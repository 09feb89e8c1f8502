/** The methods that can be compared at equal budget. */

import { CENSUS } from "./census.ts";
import { GLITCHER } from "./glitcher.ts";
import { GLITCHMINER } from "./glitchminer.ts";
import { LOW_NORM } from "./low-norm.ts";
import { MAGIKARP, MAGIKARP_OUTPUT } from "./magikarp.ts";
import { RANDOM } from "./random.ts";
import type { OrderMethod } from "./token-order.ts";

export const ORDER_METHODS: readonly OrderMethod[] = [
  CENSUS,
  GLITCHMINER,
  MAGIKARP,
  MAGIKARP_OUTPUT,
  LOW_NORM,
  RANDOM,
  GLITCHER,
];
