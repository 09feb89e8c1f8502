/** What came of a routed request, collected from the events of all models that were asked. */

import type { AnswerEvent, AnswerRequest } from "../../answer/index.ts";
import { isAppError } from "../../errors.ts";
import type { RouteOutcome } from "../../route/index.ts";

export interface OutcomeCollector {
  /** Counts the tokens of an answer while it is read; `first`: it is that of the model that was decided for. */
  watch(events: AsyncIterable<AnswerEvent>, first: boolean): AsyncGenerator<AnswerEvent>;
  /** The last answer is the one that the caller gets: its end is the end of all. */
  last(events: AsyncIterable<AnswerEvent>, escalated: boolean): AsyncGenerator<AnswerEvent>;
}

/** @param tell called once, when the last answer has ended, failed or was left */
export function collectOutcome(
  request: AnswerRequest,
  tell: (outcome: RouteOutcome) => void,
): OutcomeCollector {
  const started = performance.now();
  const isChecked = (request.format?.type ?? "text") !== "text" || (request.tools?.length ?? 0) > 0;
  let promptTokens = 0;
  let completionTokens = 0;
  let confidence: number | undefined;
  let valid: boolean | undefined;

  async function* watch(events: AsyncIterable<AnswerEvent>, first: boolean): AsyncGenerator<AnswerEvent> {
    const prompt = promptTokens;
    try {
      for await (const event of events) {
        if (event.type === "end") {
          // Choices of one answer share its prompt.
          promptTokens = prompt + event.usage.promptTokens;
          completionTokens += event.usage.completionTokens;
          if (first && event.confidence !== undefined)
            confidence = Math.min(confidence ?? 1, event.confidence);
        }
        yield event;
      }
      if (first && isChecked) valid = true;
    } catch (error) {
      if (first && isAppError(error) && error.code === "OUTPUT_INVALID") valid = false;
      throw error;
    }
  }
  return {
    watch,
    async *last(events, escalated) {
      let error: string | undefined = "disconnected";
      try {
        yield* events;
        error = undefined;
      } catch (cause) {
        error = isAppError(cause) ? cause.code : "BUG";
        throw cause;
      } finally {
        const ms = performance.now() - started;
        tell({ escalated, confidence, valid, promptTokens, completionTokens, ms, error });
      }
    },
  };
}
