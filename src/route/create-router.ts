/** Questions -> decisions: gates, then the score against a threshold that the load moves. */

import { applyGates, type GateResult } from "./gates.ts";
import { createLoadState, type LoadState, pressureBetween } from "./load-state.ts";
import type { RoutePolicy } from "./policy/route-policy.ts";
import { predictSeconds } from "./predict-seconds.ts";
import type {
  RouteAlternative,
  RouteCandidate,
  RouteDecision,
  RouteQuestion,
  Router,
} from "./route-decision.ts";
import { scoreOf } from "./score.ts";

export interface RouterOptions {
  /** Milliseconds; only differences and the order count. @default since 1970, without jumps */
  readonly clock?: (() => number) | undefined;
}

/**
 * A router. It decides by the question and by what it was asked before, never by chance, so a log of its questions
 * replays to the same decisions.
 *
 * @example
 * const router = createRouter(findPolicy("balanced"));
 * router.decide({ features: routeFeatures({ messages }), candidates, tier: undefined, deadline: undefined, freeMemory: undefined });
 */
export function createRouter(policy: RoutePolicy, { clock = steadyClock }: RouterOptions = {}): Router {
  const state = createLoadState(policy.load);
  let last = Number.NEGATIVE_INFINITY;

  /** Strictly later than the time before, so that the times alone give the order. */
  function now(): number {
    const time = clock();
    last = time > last ? time : last + 0.001;
    return last;
  }

  const decideWith = (question: RouteQuestion, isRaised: LoadState["update"]): RouteDecision => {
    const gates = applyGates(question);
    const at = now();
    const { open, closed } = gates;
    const small = best(open, "small", question);
    const large = best(open, "large", question);
    if (!small || !large) return { ...byGate((small ?? large)!, gates, question), at };

    const between = pressureBetween(small, large, question, policy.load);
    const raised = isRaised(between.pressure, at);
    const threshold = raised ? policy.threshold.loaded : policy.threshold.calm;
    const score = scoreOf(question.features, policy.weights);
    const isHard = score >= threshold;
    const chosen = isHard ? large : small;
    const escalates = !isHard && policy.cascade !== null && leavesTime(small, large, question);
    return {
      model: chosen.model,
      reason: reasonOf(isHard, score >= policy.threshold.calm && raised),
      score,
      threshold,
      alternatives: [
        ...others(open, chosen, isHard ? "score over threshold" : "score under threshold"),
        ...closed.map(({ model, reason }) => ({ model, reason })),
      ],
      escalateTo: escalates ? large.model : undefined,
      minConfidence: escalates ? (policy.cascade?.minConfidence ?? undefined) : undefined,
      at,
      load: { ...between, raised },
    };
  };
  return {
    decide: (question) => decideWith(question, state.update),
    preview: (question) => decideWith(question, state.look),
  };
}

/** Since 1970, but as steady as a clock that nobody sets. */
function steadyClock(): number {
  return performance.timeOrigin + performance.now();
}

function reasonOf(isHard: boolean, wouldBeHard: boolean): string {
  if (isHard) return "score over threshold";
  return wouldBeHard ? "score under threshold, raised by load" : "score under threshold";
}

/** One tier is left. There is nothing to escalate to: what keeps the other one out holds for it then, too. */
function byGate(
  first: RouteCandidate,
  { open, closed }: GateResult,
  { candidates }: RouteQuestion,
): RouteDecision {
  const other = closed.find(({ tier }) => tier !== first.tier);
  const reason = other?.gate ?? closed[0]?.gate ?? (candidates.length === 1 ? "only model" : "only tier");
  return {
    model: first.model,
    reason,
    score: undefined,
    threshold: undefined,
    alternatives: [...others(open, first, reason), ...closed.map(({ model, reason }) => ({ model, reason }))],
    escalateTo: undefined,
    minConfidence: undefined,
  };
}

function others(open: readonly RouteCandidate[], chosen: RouteCandidate, reason: string): RouteAlternative[] {
  return open
    .filter(({ model }) => model !== chosen.model)
    .map(({ model, tier }) => ({
      model,
      reason: tier === chosen.tier ? `${chosen.model} is loaded, less busy or named first` : reason,
    }));
}

/** Of several models of a tier: one that is loaded, with the fewest requests, then the fastest, then the first. */
function best(
  open: readonly RouteCandidate[],
  tier: RouteCandidate["tier"],
  { features }: RouteQuestion,
): RouteCandidate | undefined {
  const seconds = (one: RouteCandidate) => predictSeconds(one, features)?.total ?? Number.POSITIVE_INFINITY;
  const rank = (one: RouteCandidate) => [one.loaded ? 0 : 1, one.waiting + one.active, seconds(one)];
  return open
    .filter((one) => one.tier === tier)
    .toSorted((a, b) => {
      const [left, right] = [rank(a), rank(b)];
      const place = left.findIndex((value, index) => value !== right[index]);
      return place < 0 ? 0 : left[place]! < right[place]! ? -1 : 1;
    })[0];
}

/** An escalation is for those who can wait for two answers. */
function leavesTime(
  small: RouteCandidate,
  large: RouteCandidate,
  { features, deadline }: RouteQuestion,
): boolean {
  if (deadline === undefined) return true;
  const seconds = [small, large].map((one) => predictSeconds(one, features)?.total ?? 0);
  return (seconds[0]! + seconds[1]!) * 1000 <= deadline;
}
