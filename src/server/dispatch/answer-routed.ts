/**
 * A request for "auto": the router decides on what is known, the decision is tried, and what the trial showed (the
 * exact count of tokens, glitch tokens, a model that cannot be loaded) may change it. Each round learns about one
 * more model, so the rounds end.
 */

import type { AnswerEvent } from "../../answer/index.ts";
import { AppError, isAppError } from "../../errors.ts";
import { type RouteDecision, type RouteQuestion, type Router, routeFeatures } from "../../route/index.ts";
import type { Attempt, AttemptParts, AttemptRequest } from "./attempt.ts";
import type { Dispatched } from "./dispatch.ts";
import { dispatchedOf } from "./dispatched-of.ts";
import { type Draft, draftAnswer } from "./draft-answer.ts";
import { gatherCandidates } from "./route-candidates.ts";
import { routeInput } from "./route-input.ts";

export interface RoutedParts extends AttemptParts {
  readonly router: Router;
  readonly record: (entry: RouteOutcomeEntry) => void;
}

export interface RoutedRequest extends AttemptRequest {
  readonly id: string;
  readonly tier: "small" | "large" | undefined;
  readonly deadline: number | undefined;
}

/** What the log gets when the answer is over. */
export interface RouteOutcomeEntry {
  readonly id: string;
  readonly question: RouteQuestion;
  readonly decision: RouteDecision;
  readonly outcome: {
    readonly escalated: boolean;
    readonly confidence: number | undefined;
    readonly valid: boolean;
    readonly promptTokens: number;
    readonly completionTokens: number;
    readonly ms: number;
  };
}

export async function answerRouted(parts: RoutedParts, request: RoutedRequest): Promise<Dispatched> {
  const candidates = await gatherCandidates(parts, request);
  const started = performance.now();
  try {
    const features = routeFeatures(routeInput(request.answer));
    const ask = (): RouteQuestion => ({
      features,
      candidates: candidates.list(),
      tier: request.tier,
      deadline: request.deadline,
      freeMemory: freeMemory(parts),
    });
    let question = ask();
    let decision = parts.router.decide(question);
    while (!candidates.explored(decision.model)) {
      await candidates.explore(decision.model);
      question = ask();
      decision = parts.router.decide(question);
    }
    const attempt = takeOrThrow(candidates.take(decision.model), decision);
    const { signal } = request;
    const record = (outcome: RouteOutcomeEntry["outcome"]) =>
      parts.record({ id: request.id, question, decision, outcome });
    const watch = (events: AsyncIterable<AnswerEvent>, escalated: boolean) =>
      recorded(events, (end) => record({ ...end, escalated, ms: performance.now() - started }));
    if (decision.escalateTo === undefined)
      return dispatchedOf(attempt, { signal, decision, events: watch(attempt.run(), false) });

    const draft = await draftAnswer(attempt, decision.minConfidence);
    if (draft.reason === undefined)
      return dispatchedOf(attempt, { signal, decision, events: watch(replay(draft), false) });
    const { escalateTo } = decision;
    try {
      if (!candidates.explored(escalateTo)) await candidates.explore(escalateTo);
      const larger = takeOrThrow(candidates.take(escalateTo), decision);
      attempt.giveBack();
      const escalations = [{ model: decision.model, reason: draft.reason }];
      return dispatchedOf(larger, { signal, decision, escalations, events: watch(larger.run(), true) });
    } catch (error) {
      // An unsure answer is better than none; an invalid one is not.
      if (draft.error !== undefined || !isAppError(error) || signal.aborted) {
        attempt.giveBack();
        throw draft.error ?? error;
      }
      return dispatchedOf(attempt, { signal, decision, events: watch(replay(draft), false) });
    }
  } finally {
    candidates.giveBack();
  }
}

async function* replay({ events }: Draft): AsyncGenerator<AnswerEvent> {
  yield* events;
}

/** Tells the outcome once the last event has been read, or the answer failed. */
async function* recorded(
  events: AsyncIterable<AnswerEvent>,
  tell: (end: Omit<RouteOutcomeEntry["outcome"], "escalated" | "ms">) => void,
): AsyncGenerator<AnswerEvent> {
  let promptTokens = 0;
  let completionTokens = 0;
  let confidence: number | undefined;
  try {
    for await (const event of events) {
      if (event.type === "end") {
        promptTokens = event.usage.promptTokens;
        completionTokens += event.usage.completionTokens;
        if (event.confidence !== undefined) confidence = Math.min(confidence ?? 1, event.confidence);
      }
      yield event;
    }
    tell({ valid: true, confidence, promptTokens, completionTokens });
  } catch (error) {
    if (isAppError(error) && error.code === "OUTPUT_INVALID")
      tell({ valid: false, confidence, promptTokens, completionTokens });
    throw error;
  }
}

function takeOrThrow(attempt: Attempt | undefined, { model }: RouteDecision): Attempt {
  if (attempt !== undefined) return attempt;
  throw new AppError("MODEL_LOAD", `The model ${model} cannot take the request now.`, {
    hint: "GET /v1/models tells the state of each model.",
  });
}

function freeMemory({ fleet }: AttemptParts): number {
  const { budget, used } = fleet.memory();
  return Math.max(0, budget - used);
}
