/**
 * The log's questions under a policy. What would have been decided is exact; what would have come of it is known
 * only where the same model answered then: an answer that was never given has no outcome.
 */

import { isAppError } from "../errors.ts";
import { createRouter } from "./create-router.ts";
import { timeOf } from "./log/read-route-log.ts";
import type { RouteLogEntry } from "./log/route-log-entry.ts";
import type { RoutePolicy } from "./policy/route-policy.ts";
import { expectedTokens, predictSeconds } from "./predict-seconds.ts";
import type { RouteDecision } from "./route-decision.ts";

/** What a policy decides for one entry; undefined where no model passes its gates. */
export type ReplayedDecision = RouteDecision | undefined;

/**
 * Decides every entry anew, each router's entries by a router of their own, as hysteresis goes by what was asked
 * before.
 * @param entries in the order of their decisions
 */
export function replayLog(entries: readonly RouteLogEntry[], policy: RoutePolicy): ReplayedDecision[] {
  let at = 0;
  const routers = new Map<string, ReturnType<typeof createRouter>>();
  return entries.map((entry) => {
    const router = routers.get(entry.router) ?? createRouter(policy, { clock: () => at });
    routers.set(entry.router, router);
    at = timeOf(entry);
    try {
      return router.decide(entry.question);
    } catch (error) {
      if (isAppError(error)) return undefined;
      throw error;
    }
  });
}

/** Decisions of one policy, summed up. */
export interface ReplaySide {
  readonly policy: string;
  readonly small: number;
  readonly large: number;
  readonly refused: number;
  /** By the gates, whatever the score. */
  readonly byGate: number;
  /** Small ones that may be escalated. */
  readonly mayEscalate: number;
  /** Predicted, first answers only; of the entries whose model's speed was known. */
  readonly seconds: number;
  readonly secondsKnown: number;
  /** Prompt tokens, and those an answer is expected to have, at each tier. */
  readonly smallTokens: number;
  readonly largeTokens: number;
}

/** What is known about the outcomes under a policy. */
export interface ReplayOutcomes {
  /** The model that is chosen has answered this request. */
  readonly known: number;
  /** Of those: its answer passed its checks or had none; it was escalated; the request failed. */
  readonly kept: number;
  readonly escalated: number;
  readonly failed: number;
  /** The model that is chosen was never asked. */
  readonly unknown: number;
}

/** Sums up one side. */
export function replaySide(
  entries: readonly RouteLogEntry[],
  decisions: readonly ReplayedDecision[],
  policy: string,
): ReplaySide {
  const sums = { small: 0, large: 0, refused: 0, byGate: 0, mayEscalate: 0 };
  const costs = { seconds: 0, secondsKnown: 0, smallTokens: 0, largeTokens: 0 };
  for (const [index, { question }] of entries.entries()) {
    const decision = decisions[index];
    const candidate = question.candidates.find(({ model }) => model === decision?.model);
    if (!decision || !candidate) {
      sums.refused++;
      continue;
    }
    sums[candidate.tier]++;
    if (decision.score === undefined) sums.byGate++;
    if (decision.escalateTo !== undefined) sums.mayEscalate++;
    const tokens = candidate.promptTokens + expectedTokens(question.features.maxTokens);
    costs[candidate.tier === "small" ? "smallTokens" : "largeTokens"] += tokens;
    const seconds = predictSeconds(candidate, question.features)?.total;
    if (seconds === undefined) continue;
    costs.seconds += seconds;
    costs.secondsKnown++;
  }
  return { policy, ...sums, ...costs };
}

/** Which outcomes hold under other decisions. */
export function knownOutcomes(
  entries: readonly RouteLogEntry[],
  decisions: readonly ReplayedDecision[],
): ReplayOutcomes {
  const found = { known: 0, kept: 0, escalated: 0, failed: 0, unknown: 0 };
  for (const [index, entry] of entries.entries()) {
    const decision = decisions[index];
    if (!decision) continue;
    const { decision: logged, outcome } = entry;
    if (decision.model === logged.model) {
      found.known++;
      if (outcome.error !== undefined) found.failed++;
      else if (outcome.escalated) found.escalated++;
      else found.kept++;
    } else if (outcome.escalated && decision.model === logged.escalateTo) {
      // It answered in the end; under this policy it would have been asked at once.
      found.known++;
      if (outcome.error !== undefined) found.failed++;
      else found.kept++;
    } else found.unknown++;
  }
  return found;
}

/** How many entries go to another model first. */
export function changedDecisions(
  before: readonly ReplayedDecision[],
  after: readonly ReplayedDecision[],
): number {
  return before.filter((decision, index) => decision?.model !== after[index]?.model).length;
}
