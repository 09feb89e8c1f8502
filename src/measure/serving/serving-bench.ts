/** What `bench serve` measures and says: plain data for tables, the report and JSON. */

import type { Figure } from "../models/figure.ts";

/** What is asked of a server; the same of every one. */
export interface ServingPlan {
  /** Clients that ask at a time; each asks again when it has its answer (a closed loop). */
  readonly clients: number;
  /** Requests of each client in a turn. */
  readonly requests: number;
  readonly promptTokens: number;
  /** Of each answer, exactly. */
  readonly tokens: number;
  /** Tokens that all prompts of a load begin with; 0 leaves those loads out. */
  readonly sharedPrefix: number;
  readonly rounds: number;
  readonly seed: number;
}

/**
 * plain: prompts that share nothing. shared: prompts that begin alike, with a few tokens of their own. unshared: as
 * long as those, sharing nothing.
 */
export const LOADS = ["plain", "unshared", "shared"] as const;
export type LoadName = (typeof LOADS)[number];

/** A server that is measured. */
export interface ServingTarget {
  /** Without "/v1". */
  readonly url: string;
  readonly model: string;
  /** Fields of a request by which an answer does not end before it has all its tokens. */
  readonly endless: Readonly<Record<string, unknown>>;
}

/** One answer as its client saw it. */
export interface ServedRequest {
  /** Milliseconds from the request to the first piece of the answer, and to its end. */
  readonly firstMs: number;
  readonly totalMs: number;
  /** As the server counts them. */
  readonly tokens: number;
}

/** One load in one turn. */
export interface LoadSample {
  /** From the first request to the last answer's end. */
  readonly seconds: number;
  readonly requests: readonly ServedRequest[];
}

export type ServerTurn = Readonly<Partial<Record<LoadName, LoadSample>> & Record<"plain", LoadSample>>;

/** Seconds of the same work by llama.cpp's own batched decode, with one cache for all sequences or one for each. */
export interface BareTurn {
  readonly unified: number;
  readonly separate: number;
}

/** One turn of everybody, one after the other. */
export interface ServingTurn {
  readonly bare: BareTurn;
  readonly server: ServerTurn;
  /** Undefined where no other server was named. */
  readonly peer: ServerTurn | undefined;
}

/** One figure. A ratio is better when larger, and paired turn by turn. */
export interface ServingResult {
  readonly name: string;
  readonly unit: "tokens/s" | "ms";
  /** Undefined: not measured. */
  readonly value: Figure | undefined;
  readonly baseline: Figure | undefined;
  /** Undefined without a baseline, or with too few turns. */
  readonly ratio: Figure | undefined;
  /** What was measured against what, in a sentence. */
  readonly measured: string;
}

/** The whole comparison. */
export interface ServingBench {
  readonly status: "done" | "interrupted";
  readonly plan: ServingPlan;
  readonly model: { readonly name: string; readonly parameters: number; readonly quantisation: string };
  readonly threads: number;
  readonly turns: number;
  /** Address of the other server. */
  readonly peer: string | undefined;
  readonly results: readonly ServingResult[];
}
