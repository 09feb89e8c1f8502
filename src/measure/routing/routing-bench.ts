/** What a comparison of ways to route says. */

import type { Estimate } from "./paired-bootstrap.ts";
import type { QualityCost } from "./quality-cost-curve.ts";
import type { AnsweringModel } from "./routing-answers.ts";

/** One way to route, on all items. */
export interface StrategyRow {
  readonly id: string;
  readonly goal: string;
  /** Share of right answers. */
  readonly quality: Estimate;
  /** Share of the tokens that always asking the large model would take there. */
  readonly cost: number;
  /** Share of the items that the large model is asked. */
  readonly calls: number;
  /** Computed from each model's measured rate. */
  readonly seconds: number;
  /** Quality above a draw by lot, and above the longest prompts first, of the same cost; undefined at the ends. */
  readonly overRandom: Estimate | undefined;
  readonly overLength: Estimate | undefined;
}

/** A way to order the items, over all thresholds. */
export interface StrategyCurve {
  readonly id: string;
  readonly goal: string;
  readonly points: readonly QualityCost[];
  /** See gapClosed(). */
  readonly area: Estimate | undefined;
  /** The area above that of a draw by lot. */
  readonly areaOverRandom: Estimate | undefined;
}

/** One task, model by model. */
export interface TaskRow {
  readonly task: string;
  readonly items: number;
  readonly small: number;
  readonly large: number;
  /** Shares that the policy sends to the large model at once, and escalates. */
  readonly direct: number;
  readonly escalated: number;
  /** What the policy with its cascade gets right. */
  readonly routed: number;
}

export interface RoutingBench {
  readonly policy: string;
  readonly seed: number;
  readonly items: number;
  readonly small: AnsweringModel;
  readonly large: AnsweringModel;
  /** Quality of the large model above the small one's. */
  readonly gap: Estimate;
  readonly strategies: readonly StrategyRow[];
  readonly curves: readonly StrategyCurve[];
  readonly tasks: readonly TaskRow[];
  /** Items that could not be asked, of either model. */
  readonly errors: number;
}
