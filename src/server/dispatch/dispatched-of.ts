/** An attempt as the protocols see it. */

import type { AnswerEvent } from "../../answer/index.ts";
import type { RouteDecision } from "../../route/index.ts";
import type { Attempt } from "./attempt.ts";
import type { Dispatched } from "./dispatch.ts";
import { heldEvents } from "./held-events.ts";

export interface DispatchedOptions {
  readonly signal: AbortSignal;
  readonly decision?: RouteDecision | undefined;
  readonly escalations?: Dispatched["escalations"] | undefined;
  /** In place of running the attempt. */
  readonly events?: AsyncIterable<AnswerEvent> | undefined;
}

/** The model is given back when the events have been read, or left. */
export function dispatchedOf(
  attempt: Attempt,
  { signal, decision, escalations = [], events = attempt.run() }: DispatchedOptions,
): Dispatched {
  const { lease, prepared } = attempt;
  return {
    served: lease.served,
    model: lease.model,
    promptIds: prepared.generate.prompt,
    signal,
    rewrites: prepared.rewrites,
    guard: prepared.guard,
    decision,
    escalations,
    events: heldEvents(events, attempt.giveBack, signal),
  };
}
