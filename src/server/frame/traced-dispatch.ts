/** Watches what the dispatch does under a request's id, so that no protocol has to count anything. */

import type { AnswerEvent, AnswerUsage } from "../../answer/index.ts";
import { AppError, type ErrorCode, isAppError } from "../../errors.ts";
import type { Dispatch } from "../dispatch/dispatch.ts";
import { codeOf, type RequestTrace, type TraceTable } from "./request-trace.ts";

/** How work ends whose model is taken away. */
const ENDED: ReadonlySet<ErrorCode> = new Set(["CANCELLED", "RUNNER_LOST"]);

/**
 * The same dispatch; what it tells is written into the traces of the requests. What ends because the server does is
 * told as that.
 */
export function tracedDispatch(
  dispatch: Dispatch,
  traces: TraceTable,
  closing: AbortSignal,
  now: () => number = () => performance.now(),
): Dispatch {
  const explain = (error: unknown) =>
    closing.aborted && isAppError(error) && ENDED.has(error.code) ? cutOff(error) : error;
  return async (request) => {
    const trace = traces.find(request.id);
    if (trace === undefined) return dispatch(request);
    try {
      const dispatched = await dispatch(request);
      trace.model = dispatched.served.entry.id;
      trace.guard = dispatched.guard;
      if (dispatched.decision !== undefined) trace.reason = dispatched.decision.reason;
      trace.escalatedFrom = dispatched.escalations.map(({ model }) => model);
      return { ...dispatched, events: tracedEvents(dispatched.events, trace, { explain, now }) };
    } catch (thrown) {
      const error = explain(thrown);
      trace.error = codeOf(error);
      throw error;
    }
  };
}

/**
 * No generator: one that is left before its first event would not pass that on, and the model would never be given
 * back.
 */
function tracedEvents(
  events: AsyncIterable<AnswerEvent>,
  trace: RequestTrace,
  { explain, now }: { explain: (error: unknown) => unknown; now: () => number },
): AsyncIterable<AnswerEvent> {
  const ended: AnswerUsage[] = [];
  let counted = NO_USAGE;
  const note = (event: AnswerEvent) => {
    trace.firstTokenMs ??= now() - trace.startedAt;
    if (event.type !== "end") return;
    ended.push(event.usage);
    const own = usageOf(ended);
    // Other answers of the request may have ended meanwhile: each adds only what is new of its own.
    trace.usage = eachFigure((of) => of(trace.usage ?? NO_USAGE) + of(own) - of(counted));
    counted = own;
  };
  return {
    [Symbol.asyncIterator]() {
      const source = events[Symbol.asyncIterator]();
      return {
        async next() {
          try {
            const step = await source.next();
            if (!step.done) note(step.value);
            return step;
          } catch (thrown) {
            const error = explain(thrown);
            trace.error = codeOf(error);
            throw error;
          }
        },
        async return(value) {
          return (await source.return?.(value)) ?? { done: true, value };
        },
      };
    },
  };
}

const NO_USAGE: AnswerUsage = { promptTokens: 0, cachedTokens: 0, completionTokens: 0 };

/** Choices of one answer share its prompt; answers of one request do not. */
function usageOf(choices: readonly AnswerUsage[]): AnswerUsage {
  return {
    promptTokens: Math.max(...choices.map((it) => it.promptTokens)),
    cachedTokens: Math.max(...choices.map((it) => it.cachedTokens)),
    completionTokens: choices.reduce((sum, it) => sum + it.completionTokens, 0),
  };
}

function eachFigure(make: (of: (usage: AnswerUsage) => number) => number): AnswerUsage {
  return {
    promptTokens: make((it) => it.promptTokens),
    cachedTokens: make((it) => it.cachedTokens),
    completionTokens: make((it) => it.completionTokens),
  };
}

function cutOff(cause: AppError): AppError {
  return new AppError("CLOSING", "The answer was cut off: the server is shutting down.", {
    hint: "Ask again when it has been started again.",
    cause,
  });
}
