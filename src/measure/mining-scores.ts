/** What a comparison of mining methods says: plain data for tables, plots and JSON. */

import type { RunRecord } from "../store/index.ts";
import type { TargetId } from "./targets.ts";

/** A figure over several seeds, or over several models. */
export interface Spread {
  readonly mean: number;
  readonly min: number;
  readonly max: number;
  /** Sample standard deviation; undefined for a single value. */
  readonly deviation: number | undefined;
  readonly runs: number;
}

/** How many tokens a target has. */
export interface TargetSize {
  readonly target: TargetId;
  readonly tokens: number;
}

/** One method at one budget. */
export interface MethodCell {
  readonly method: string;
  /** As it was asked for: "5 %". */
  readonly budget: string;
  /** The same in probes. */
  readonly limit: number;
  /** Share of what is attainable, of each target. */
  readonly attained: Readonly<Partial<Record<TargetId, Spread>>>;
  /** Share of the tokens tested that are confirmed glitches. */
  readonly hitRate: Spread;
  /** Share of those called glitches that are not known to be well trained; undefined without a known truth. */
  readonly precision: Spread | undefined;
  readonly tested: Spread;
  /** Probes as the method's authors would count them, never above `limit`. */
  readonly charged: Spread;
  /** Prompts asked, further templates and looking ahead included. */
  readonly probes: Spread;
  /** What the search would take; computed, see search-time.ts. */
  readonly seconds: Spread;
}

/** A method at the end of a page. */
export interface CurvePoint {
  /** Charged so far, as a share of the candidates. */
  readonly budget: number;
  readonly attained: Readonly<Partial<Record<TargetId, Spread>>>;
}

export interface MethodCurve {
  readonly method: string;
  /** By rising budget. */
  readonly points: readonly CurvePoint[];
}

/** All methods on one model, or on the mean of several. */
export interface MethodScores {
  readonly name: string;
  readonly targets: readonly TargetSize[];
  /** By rising budget, then in the order of the methods. */
  readonly cells: readonly MethodCell[];
  readonly curves: readonly MethodCurve[];
}

/** All methods on one model. */
export interface ModelScores extends MethodScores {
  readonly model: RunRecord["model"];
  /** Normal tokens: what may be tested. */
  readonly candidates: number;
  /** The stored evidence that was replayed. */
  readonly census: { readonly run: string; readonly glitches: number };
  readonly hasTruth: boolean;
}

/** The first method's share of the attainable less a baseline's, paired over models. */
export interface PairedDifference {
  readonly target: TargetId;
  readonly budget: string;
  readonly method: string;
  readonly baseline: string;
  /** Of all baselines it has the highest mean here. */
  readonly isBest: boolean;
  readonly share: number;
  readonly baselineShare: number;
  readonly mean: number;
  /** Student's t interval of 95 %; undefined for fewer than two models. */
  readonly low: number | undefined;
  readonly high: number | undefined;
  /** One a model, in their order. */
  readonly differences: readonly number[];
}

/** A whole comparison. */
export interface MiningBench {
  readonly seeds: readonly number[];
  readonly methods: readonly { readonly id: string; readonly goal: string; readonly reference: string }[];
  readonly models: readonly ModelScores[];
  /** Given for two models or more. */
  readonly overall: MethodScores | undefined;
  readonly differences: readonly PairedDifference[];
}
