/**
 * Refits the weights of the score from what came of a log's requests. "Hard" is an answer of the small model that
 * was given up. Requests that went to the large model at once teach nothing: nobody knows what the small one would
 * have said. So the log is a biased sample, easy by the old score, and the fit is pulled towards the old weights
 * (a Gaussian prior around them), not towards 0.
 */

import { AppError } from "../errors.ts";
import { fitLogistic, type LabelledRow, logLoss } from "./fit-logistic.ts";
import { fitRow, heldOutScores, weightVector } from "./held-out-scores.ts";
import type { RouteLogEntry } from "./log/route-log-entry.ts";
import { ROUTE_FEATURES, type RoutePolicy, type RouteWeights } from "./policy/route-policy.ts";

/** With fewer a fit follows the noise: ten of the rarer kind for a handful of features that vary is a usual bound. */
export const LEAST_OUTCOMES = 100;
export const LEAST_OF_A_KIND = 20;

/** What a refit found. */
export interface Calibration {
  /** Requests whose outcome says something, and those of them that were hard. */
  readonly outcomes: number;
  readonly hard: number;
  /** Mean log-loss in nats over requests that had no part in the fit; the old weights on the same requests. */
  readonly loss: { readonly before: number; readonly after: number };
  readonly policy: RoutePolicy;
}

/**
 * Fits.
 * @throws AppError DATA_UNAVAILABLE with too few outcomes
 */
export function calibratePolicy(
  entries: readonly RouteLogEntry[],
  policy: RoutePolicy,
  { seed = 0, name = `${policy.name}-calibrated` }: { seed?: number; name?: string } = {},
): Calibration {
  const rows = entries.flatMap(rowOf);
  const hard = rows.filter(({ isHard }) => isHard).length;
  if (rows.length < LEAST_OUTCOMES || Math.min(hard, rows.length - hard) < LEAST_OF_A_KIND)
    throw new AppError(
      "DATA_UNAVAILABLE",
      `${rows.length} answers of small models have an outcome, ${hard} of them were given up; that is too few to learn from.`,
      {
        hint: `It takes ${LEAST_OUTCOMES} with ${LEAST_OF_A_KIND} of each kind: serve with a policy that escalates, such as balanced.`,
        details: { outcomes: rows.length, hard },
      },
    );
  const prior = weightVector(policy.weights);
  const held = heldOutScores(rows, policy.weights, { seed });
  const losses = rows.map(({ isHard }, index) => -Math.log(isHard ? held[index]! : 1 - held[index]!));
  return {
    outcomes: rows.length,
    hard,
    loss: {
      before: logLoss(rows, prior),
      after: losses.reduce((sum, loss) => sum + loss, 0) / rows.length,
    },
    policy: { ...policy, name, description: undefined, weights: weightsOf(fitLogistic(rows, prior)) },
  };
}

/** An entry that teaches something; an answer with an error of another kind (a crash, a deadline) does not. */
function rowOf({ question, decision, outcome }: RouteLogEntry): LabelledRow[] {
  const first = question.candidates.find(({ model }) => model === decision.model);
  if (first?.tier !== "small") return [];
  const isWeighed = decision.minConfidence !== undefined && outcome.confidence !== undefined;
  const isJudged = outcome.valid !== undefined || isWeighed;
  const failed = outcome.escalated || outcome.valid === false;
  if (!failed && (!isJudged || outcome.error !== undefined)) return [];
  return [fitRow(question.features, failed)];
}

function weightsOf(vector: readonly number[]): RouteWeights {
  const rounded = vector.map((value) => Math.min(100, Math.max(-100, Number(value.toFixed(4)))));
  return Object.fromEntries(
    ["bias", ...ROUTE_FEATURES].map((name, index) => [name, rounded[index]!]),
  ) as RouteWeights;
}
