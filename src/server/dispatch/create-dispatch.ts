/** Joins fleet, guard, router and answer: one request in, one stream of events out. */

import type { GuardMode } from "../../answer/index.ts";
import { unknownModel } from "../../fleet/index.ts";
import { answerPinned } from "./answer-pinned.ts";
import { answerRouted, type RoutedParts } from "./answer-routed.ts";
import type { AttemptRequest } from "./attempt.ts";
import { createDeadline, type Deadline } from "./deadline.ts";
import type { Dispatch, Dispatched } from "./dispatch.ts";

/** The name under which the router answers. */
export const AUTO = "auto";

export interface DispatchParts extends RoutedParts {
  /** The mode of requests that name none. */
  readonly guard: GuardMode;
}

/** The way of every request. */
export function createDispatch(parts: DispatchParts): Dispatch {
  return async ({ id, model, answer, guard = parts.guard, tier, deadline, session }) => {
    const limit = createDeadline(answer.signal, deadline);
    const request: AttemptRequest = {
      answer,
      guard,
      session: session === undefined ? undefined : { client: answer.client ?? "", name: session },
      signal: limit.signal,
    };
    try {
      if (model === AUTO) {
        const routed = await answerRouted(parts, { ...request, id, tier, deadline });
        return withDeadline(routed, limit);
      }
      const served = parts.fleet.find(model);
      if (served === undefined) throw unknownModel(model, parts.fleet);
      return withDeadline(await answerPinned(parts, served.entry.id, request), limit);
    } catch (error) {
      limit.clear();
      throw limit.explain(error);
    }
  };
}

/** The clock runs until the last event; what it ends is told as what it is. */
function withDeadline(dispatched: Dispatched, limit: Deadline): Dispatched {
  const source = dispatched.events[Symbol.asyncIterator]();
  const events: AsyncIterableIterator<Awaited<ReturnType<typeof source.next>>["value"]> = {
    [Symbol.asyncIterator]() {
      return this;
    },
    async next() {
      try {
        const step = await source.next();
        if (step.done) limit.clear();
        return step;
      } catch (error) {
        limit.clear();
        throw limit.explain(error);
      }
    },
    async return(value) {
      limit.clear();
      return (await source.return?.(value)) ?? { done: true, value };
    },
  };
  return { ...dispatched, events };
}
