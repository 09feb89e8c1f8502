/** The small model's answer, written to its end before anybody sees it: the first step of a cascade. */

import type { AnswerEvent } from "../../answer/index.ts";
import { isAppError } from "../../errors.ts";

export interface Draft {
  readonly events: readonly AnswerEvent[];
  /** Why it should not be sent; undefined: it is good. */
  readonly reason: string | undefined;
  /** What is wrong with an answer that cannot be sent. */
  readonly error: unknown;
}

/**
 * @param minConfidence the least geometric mean of p over the chosen tokens; undefined: any
 * @throws what says nothing about the answer: CANCELLED, RUNNER_LOST …
 */
export async function draftAnswer(
  answer: AsyncIterable<AnswerEvent>,
  minConfidence: number | undefined,
): Promise<Draft> {
  const events: AnswerEvent[] = [];
  let confidence = 1;
  try {
    for await (const event of answer) {
      events.push(event);
      if (event.type === "end") confidence = Math.min(confidence, event.confidence ?? 1);
    }
  } catch (error) {
    if (!isAppError(error) || error.code !== "OUTPUT_INVALID") throw error;
    return { events: [], reason: `its answer was not valid: ${error.message}`, error };
  }
  const isUnsure = minConfidence !== undefined && confidence < minConfidence;
  const reason = isUnsure ? `its confidence was ${confidence.toFixed(2)}, under ${minConfidence}` : undefined;
  return { events, reason, error: undefined };
}

/** Its events, as if they came now. */
export async function* replayDraft({ events }: Draft): AsyncGenerator<AnswerEvent> {
  yield* events;
}
