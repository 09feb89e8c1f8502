/** What a router is asked and what it says. Plain data, so that a log of it can be replayed. */

/** One model that could answer, as things stand. */
export interface RouteCandidate {
  readonly model: string;
  readonly tier: "small" | "large";
  /** Tokens it takes in one request. */
  readonly context: number;
  /** The request's prompt in its tokens. */
  readonly promptTokens: number;
  readonly loaded: boolean;
  /** It is loaded, or there is room for it, or room can be made. */
  readonly fits: boolean;
  readonly active: number;
  readonly waiting: number;
  /** Tokens a second, measured; undefined: not known yet. */
  readonly promptSpeed: number | undefined;
  readonly generationSpeed: number | undefined;
  /** Glitch tokens of this model in the prompt. */
  readonly glitches: number;
}

/** What can be told from a request without understanding it; all are cheap to count. */
export interface RouteFeatures {
  readonly characters: number;
  readonly turns: number;
  readonly tools: number;
  /** Levels and fields of the schema that the answer has to follow. */
  readonly schemaDepth: number;
  readonly schemaFields: number;
  /** Shares of characters. */
  readonly digits: number;
  readonly code: number;
  readonly questions: number;
  /** Words such as why, compare, prove, plan. */
  readonly reasoning: number;
  /** Things asked for in a list. */
  readonly asks: number;
  /** Share of words that are long or rare. */
  readonly rareWords: number;
  /** Share of letters that are not of the Latin alphabet; absent in old logs. */
  readonly otherScript?: number | undefined;
  /** 0: the request names no bound. */
  readonly maxTokens: number;
}

export interface RouteQuestion {
  readonly features: RouteFeatures;
  readonly candidates: readonly RouteCandidate[];
  /** The caller's wish: metadata.tier or x-route-tier. */
  readonly tier: "small" | "large" | undefined;
  /** Milliseconds the caller gives. */
  readonly deadline: number | undefined;
  /** Free bytes. */
  readonly freeMemory: number | undefined;
}

/** A model that was not taken first, and why. */
export interface RouteAlternative {
  readonly model: string;
  readonly reason: string;
}

export interface RouteDecision {
  readonly model: string;
  /** One phrase: "context", "glitch tokens", "score over threshold" … */
  readonly reason: string;
  /** 0 easy to 1 hard; undefined where a gate decided. */
  readonly score: number | undefined;
  readonly threshold: number | undefined;
  readonly alternatives: readonly RouteAlternative[];
  /** Where to go when the answer fails its checks or the model was unsure. */
  readonly escalateTo: string | undefined;
  /** Mean token confidence below which the answer is given up; undefined: validation alone decides. */
  readonly minConfidence: number | undefined;
  /** By the router's clock, milliseconds since 1970; what a replay is ordered by. */
  readonly at?: number | undefined;
  /** How busy the large model was against the small one, and whether the threshold was raised for it. */
  readonly load?: RouteLoad | undefined;
}

/** The live load as one decision saw it. */
export interface RouteLoad {
  /** 0: the large model is no busier; 1: it is at its limit and the small one is free. */
  readonly pressure: number;
  /** The limit where the difference is greatest. */
  readonly part: "queue" | "seconds" | "memory" | "not loaded" | "none";
  readonly raised: boolean;
}

/** Remembers what hysteresis needs between requests. */
export interface Router {
  /** @throws CONTEXT_FULL, OUT_OF_MEMORY when no candidate passes the gates, with each one's reason */
  decide(question: RouteQuestion): RouteDecision;
  /** What it would decide now; it leaves no trace in what comes after. */
  preview(question: RouteQuestion): RouteDecision;
}
