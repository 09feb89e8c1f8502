/** What the child that measures llama.cpp's own decode is given and gives: plain JSON. */

import type { BareTurn } from "../../measure/index.ts";
import type { Opening } from "./models-job.ts";

export interface BareJob {
  readonly opening: Opening;
  /** Token ids, [client][request][token]. */
  readonly prompts: readonly (readonly (readonly number[])[])[];
  /** Of each answer. */
  readonly tokens: number;
}

export type BareResult = BareTurn;
