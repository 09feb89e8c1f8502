/** What a child of `bench models` is given: plain JSON. */

import type { GpuChoice, Placement } from "../../llama/index.ts";
import type { TurnPlan } from "../../measure/index.ts";

/** How a model is opened, by our engine and without it. */
export interface Opening {
  readonly path: string;
  readonly name: string;
  readonly context: number;
  /** With its threads decided. */
  readonly placement: Placement;
  readonly gpu: GpuChoice;
  readonly unsafeLib?: string | undefined;
}

export interface ModelJob {
  readonly opening: Opening;
  readonly plan: TurnPlan;
  readonly fitsTwice: boolean;
}
