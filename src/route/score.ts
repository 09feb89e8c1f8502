/** Features -> a score from 0 (easy) to 1 (hard): a logistic function, so that each feature's part can be shown. */

import { ROUTE_FEATURES, type RouteFeatureName, type RouteWeights } from "./policy/route-policy.ts";
import type { RouteFeatures } from "./route-decision.ts";

/** What an answer takes when the request names no bound; most answers of agents are shorter. */
export const ANSWER_TOKENS = 256;

/** One feature's part in a score. */
export interface Contribution {
  readonly feature: RouteFeatureName;
  readonly value: number;
  /** The value on the scale that the weight is for. */
  readonly scaled: number;
  readonly weight: number;
  /** weight * scaled: points in the logistic function. */
  readonly points: number;
}

/** Counts grow in orders of magnitude, so they are scaled by logarithms; shares stay shares. */
const SCALES: Readonly<Record<RouteFeatureName, (value: number) => number>> = {
  characters: (value) => Math.log1p(value / 2_000),
  turns: (value) => Math.log1p(Math.max(0, value - 1)),
  tools: Math.log1p,
  schemaDepth: (value) => Math.max(0, value - 1),
  schemaFields: Math.log1p,
  // A fifth of a text in digits is a table.
  digits: (value) => Math.min(1, 5 * value),
  code: (value) => value,
  questions: (value) => Math.log1p(Math.max(0, value - 1)),
  reasoning: Math.log1p,
  asks: Math.log1p,
  rareWords: (value) => Math.min(1, 2 * value),
  otherScript: (value) => value,
  maxTokens: (value) => Math.log1p((value || ANSWER_TOKENS) / 256),
};

/** Each feature's part, in the order of ROUTE_FEATURES. */
export function contributions(features: RouteFeatures, weights: RouteWeights): Contribution[] {
  const scaled = scaleFeatures(features);
  return ROUTE_FEATURES.map((feature, index) => ({
    feature,
    value: features[feature] ?? 0,
    scaled: scaled[index]!,
    weight: weights[feature],
    points: weights[feature] * scaled[index]!,
  }));
}

/** The features on the weights' scales, in the order of ROUTE_FEATURES. */
export function scaleFeatures(features: RouteFeatures): number[] {
  return ROUTE_FEATURES.map((feature) => SCALES[feature](features[feature] ?? 0));
}

/** The score, strictly between 0 and 1: so a threshold of 0 takes all and one of 1 takes none. */
export function scoreOf(features: RouteFeatures, weights: RouteWeights): number {
  const points = contributions(features, weights).reduce((sum, part) => sum + part.points, weights.bias);
  return logistic(points);
}

/** 1 / (1 + e^-x), kept off 0 and 1, which it reaches in floats. */
export function logistic(x: number): number {
  return 1 / (1 + Math.exp(-Math.min(30, Math.max(-30, x))));
}
