/**
 * Refits the weights of the score from what came of a log's requests. "Hard" is an answer of the small model that
 * was given up. Requests that went to the large model at once teach nothing: nobody knows what the small one would
 * have said. So the log is a biased sample, easy by the old score, and the fit is pulled towards the old weights
 * (a Gaussian prior around them), not towards 0.
 */

import { AppError } from "../errors.ts";
import { createRandom } from "../random.ts";
import { fitLogistic, type LabelledRow, logLoss } from "./fit-logistic.ts";
import type { RouteLogEntry } from "./log/route-log-entry.ts";
import { ROUTE_FEATURES, type RoutePolicy, type RouteWeights } from "./policy/route-policy.ts";
import { scaleFeatures } from "./score.ts";

/** With fewer a fit follows the noise: ten of the rarer kind for a handful of features that vary is a usual bound. */
export const LEAST_OUTCOMES = 100;
export const LEAST_OF_A_KIND = 20;

const FOLDS = 5;

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
  const prior = vectorOf(policy.weights);
  const shuffled = shuffle(rows, createRandom(seed));
  let [before, after] = [0, 0];
  for (let fold = 0; fold < FOLDS; fold++) {
    const isHeld = (index: number) => index % FOLDS === fold;
    const held = shuffled.filter((_, index) => isHeld(index));
    const weights = fitLogistic(
      shuffled.filter((_, index) => !isHeld(index)),
      prior,
    );
    before += logLoss(held, prior) * held.length;
    after += logLoss(held, weights) * held.length;
  }
  return {
    outcomes: rows.length,
    hard,
    loss: { before: before / rows.length, after: after / rows.length },
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
  return [{ inputs: [1, ...scaleFeatures(question.features)], isHard: failed }];
}

function vectorOf(weights: RouteWeights): number[] {
  return [weights.bias, ...ROUTE_FEATURES.map((feature) => weights[feature])];
}

function weightsOf(vector: readonly number[]): RouteWeights {
  const rounded = vector.map((value) => Math.min(100, Math.max(-100, Number(value.toFixed(4)))));
  return Object.fromEntries(
    ["bias", ...ROUTE_FEATURES].map((name, index) => [name, rounded[index]!]),
  ) as RouteWeights;
}

function shuffle<T>(items: readonly T[], random: () => number): T[] {
  const mixed = [...items];
  for (let index = mixed.length - 1; index > 0; index--) {
    const other = Math.floor(random() * (index + 1));
    [mixed[index], mixed[other]] = [mixed[other]!, mixed[index]!];
  }
  return mixed;
}
