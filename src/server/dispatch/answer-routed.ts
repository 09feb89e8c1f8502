/**
 * A request for "auto": the router decides on what is known, the decision is tried, and what the trial showed (the
 * exact count of tokens, glitch tokens, a model that cannot be loaded) may change it. Each round learns about one
 * more model, so the rounds end.
 */

import { AppError, isAppError } from "../../errors.ts";
import {
  type RouteDecision,
  type RouteLog,
  type RouteQuestion,
  type Router,
  routeFeatures,
} from "../../route/index.ts";
import type { Attempt, AttemptParts, AttemptRequest } from "./attempt.ts";
import type { Dispatched } from "./dispatch.ts";
import { dispatchedOf } from "./dispatched-of.ts";
import { type Draft, draftAnswer, replayDraft } from "./draft-answer.ts";
import { type Candidates, gatherCandidates } from "./route-candidates.ts";
import { routeInput } from "./route-input.ts";
import { collectOutcome, type OutcomeCollector } from "./route-outcome.ts";

export interface RoutedParts extends AttemptParts {
  readonly router: Router;
  /** Its policy's name, for the log. */
  readonly policy: string;
  readonly routeLog: Pick<RouteLog, "append"> | undefined;
}

export interface RoutedRequest extends AttemptRequest {
  readonly id: string;
  readonly tier: "small" | "large" | undefined;
  readonly deadline: number | undefined;
}

/** @throws what the router and the attempts throw */
export async function answerRouted(parts: RoutedParts, asked: RoutedRequest): Promise<Dispatched> {
  // How sure the model was decides on escalation, and calibration learns from it.
  const request = { ...asked, answer: { ...asked.answer, confidence: true } };
  const candidates = await gatherCandidates(parts, request);
  try {
    const { question, decision } = await decide(parts, request, candidates);
    const outcome = collectOutcome(request.answer, (outcome) =>
      parts.routeLog?.append({ id: request.id, policy: parts.policy, question, decision, outcome }),
    );
    const attempt = takeOrThrow(candidates, decision.model);
    if (decision.escalateTo === undefined) {
      const events = outcome.last(outcome.watch(attempt.run(), true), false);
      return dispatchedOf(attempt, { signal: request.signal, decision, events });
    }
    return await answerInSteps(attempt, decision, { candidates, outcome, signal: request.signal });
  } finally {
    // Those that were taken are no longer among them.
    candidates.giveBack();
  }
}

async function decide(parts: RoutedParts, request: RoutedRequest, candidates: Candidates) {
  const { fleet, router } = parts;
  const features = routeFeatures(routeInput(request.answer));
  for (;;) {
    const { budget, used } = fleet.memory();
    const question: RouteQuestion = {
      features,
      candidates: candidates.list(),
      tier: request.tier,
      deadline: request.deadline,
      freeMemory: Number.isFinite(budget) ? Math.max(0, budget - used) : undefined,
    };
    // Rounds before the last leave no trace in the router, so that the log of last rounds replays to the same.
    const tentative = decideOrExplain(router.preview, question, candidates);
    if (!candidates.explored(tentative.model)) {
      await candidates.explore(tentative.model);
      continue;
    }
    const decision = router.decide(question);
    if (candidates.explored(decision.model)) return { question, decision };
    // Only where the clock passed a limit between the two.
    await candidates.explore(decision.model);
  }
}

/** The router knows of gates; that a model is only busy or just ended says the model itself, and when to come again. */
function decideOrExplain(
  decide: Router["decide"],
  question: RouteQuestion,
  candidates: Candidates,
): RouteDecision {
  try {
    return decide(question);
  } catch (error) {
    const own = question.candidates.map(({ model }) => candidates.errorOf(model));
    throw own.find((it) => isAppError(it) && (it.code === "BUSY" || it.code === "RUNNER_LOST")) ?? error;
  }
}

interface StepParts {
  readonly candidates: Candidates;
  readonly outcome: OutcomeCollector;
  readonly signal: AbortSignal;
}

/** The first model's answer is looked at before anybody sees it; the second one is asked where it will not do. */
async function answerInSteps(
  attempt: Attempt,
  decision: RouteDecision,
  { candidates, outcome, signal }: StepParts,
): Promise<Dispatched> {
  let draft: Draft;
  try {
    draft = await draftAnswer(outcome.watch(attempt.run(), true), decision.minConfidence);
    if (draft.reason === undefined) return sendDraft(draft);
  } catch (error) {
    attempt.giveBack();
    throw error;
  }
  try {
    const escalateTo = decision.escalateTo!;
    if (!candidates.explored(escalateTo)) await candidates.explore(escalateTo);
    const larger = takeOrThrow(candidates, escalateTo);
    attempt.giveBack();
    const escalations = [{ model: decision.model, reason: draft.reason }];
    const events = outcome.last(outcome.watch(larger.run(), false), true);
    return dispatchedOf(larger, { signal, decision, escalations, events });
  } catch (error) {
    // An unsure answer is better than none; an invalid one is not.
    if (draft.error === undefined && isAppError(error) && !signal.aborted) return sendDraft(draft);
    attempt.giveBack();
    throw draft.error ?? error;
  }

  function sendDraft(good: Draft): Dispatched {
    return dispatchedOf(attempt, { signal, decision, events: outcome.last(replayDraft(good), false) });
  }
}

function takeOrThrow(candidates: Candidates, model: string): Attempt {
  const attempt = candidates.take(model);
  if (attempt !== undefined) return attempt;
  throw (
    candidates.errorOf(model) ??
    new AppError("MODEL_LOAD", `The model ${model} cannot take the request now.`, {
      hint: "GET /v1/models tells the state of each model.",
    })
  );
}
