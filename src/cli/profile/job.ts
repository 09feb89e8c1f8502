/** What a child of `assay profile` is given: plain JSON. */

import type { Budget } from "../../glitch/index.ts";
import type { Opening } from "../bench/models-job.ts";

export interface ProfileJob {
  readonly opening: Opening;
  readonly text: string;
  readonly seed: number;
  readonly parallel: number;
  readonly promptTokens: number;
  readonly newTokens: number;
  /** Undefined: no mine. */
  readonly mine: { readonly store: string; readonly budget: Budget } | undefined;
}
