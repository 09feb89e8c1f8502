/** A policy is data: what features weigh, where the threshold stands, what load does, when to escalate. */

import { z } from "zod";

/** Figures beyond this only make the logistic function 0 or 1. */
const weight = z.number().min(-100).max(100);
const share = z.number().min(0).max(1);

const weightsShape = {
  bias: weight,
  characters: weight,
  turns: weight,
  tools: weight,
  schemaDepth: weight,
  schemaFields: weight,
  digits: weight,
  code: weight,
  questions: weight,
  reasoning: weight,
  asks: weight,
  rareWords: weight,
  otherScript: weight,
  maxTokens: weight,
};

const thresholdShape = {
  /** A score from here on goes to the large model. 0: all do; 1: none does. */
  calm: share,
  /** The same while the large model is the busier one. */
  loaded: share,
};

const loadShape = {
  /** Pressure from which the threshold is raised, and under which it comes down again. */
  enter: share,
  leave: share,
  /** Milliseconds it stays raised or low at least. */
  dwellMs: z.number().min(0).max(3_600_000),
  /** Requests waiting for the large model that count as full pressure. */
  waiting: z.number().min(1).max(10_000),
  /** Predicted seconds of an answer of the large model that count as full pressure. */
  seconds: z.number().min(0.001).max(86_400),
  /** Free bytes under which a large model that is not loaded counts as full pressure. */
  freeMemory: z
    .number()
    .min(0)
    .max(2 ** 50),
  /** Pressure of a model that has to be loaded first. */
  notLoaded: share,
};

const cascadeShape = {
  /** An answer of the small model under this mean token confidence is given up; null: only checks decide. */
  minConfidence: share.nullable(),
};

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/** A whole policy. */
export const policySchema = z
  .strictObject({
    schema: z.literal(1),
    name: z.string().regex(NAME, "expected letters, digits, dots, dashes"),
    description: z.string().max(500).optional(),
    weights: z.strictObject(weightsShape),
    threshold: z.strictObject(thresholdShape),
    load: z.strictObject(loadShape),
    /** null: the small model's answer is final. */
    cascade: z.strictObject(cascadeShape).nullable(),
  })
  .refine(({ threshold }) => threshold.calm <= threshold.loaded, {
    path: ["threshold"],
    error: "calm must not be over loaded",
  })
  .refine(({ load }) => load.leave <= load.enter, { path: ["load"], error: "leave must not be over enter" });

/** What a file may say: only what differs from the policy it extends. */
export const policyFileSchema = z.strictObject({
  schema: z.literal(1),
  name: z.string().regex(NAME, "expected letters, digits, dots, dashes"),
  description: z.string().max(500).optional(),
  /** A built-in policy. @default balanced */
  extends: z.string().optional(),
  weights: z.strictObject(weightsShape).partial().optional(),
  threshold: z.strictObject(thresholdShape).partial().optional(),
  load: z.strictObject(loadShape).partial().optional(),
  cascade: z.strictObject(cascadeShape).nullable().optional(),
});

export type RoutePolicy = Readonly<z.infer<typeof policySchema>>;
export type RoutePolicyFile = z.infer<typeof policyFileSchema>;

/** Points of the score per scaled unit of each feature. */
export type RouteWeights = RoutePolicy["weights"];

/** The names of the features, in the order they are shown. */
export const ROUTE_FEATURES = Object.keys(weightsShape).filter(
  (name) => name !== "bias",
) as readonly RouteFeatureName[];
export type RouteFeatureName = Exclude<keyof RouteWeights, "bias">;
