/** Generates a prepared answer and tells what happens as it does. */

import type { LanguageModel } from "../engine/index.ts";
import type { AnswerEvent } from "./answer-event.ts";
import { createChoiceWriter } from "./choice-writer.ts";
import type { PreparedAnswer } from "./prepared-answer.ts";

export interface RunAnswerOptions {
  /** Ends the work, beside the signal of the request. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Runs an answer. Leaving the loop stops the generation.
 * @throws OUTPUT_INVALID when what had to have a form is cut off or fails its check; USAGE for a grammar that
 * llama.cpp cannot parse, before the first event; CANCELLED, BUSY, RUNNER_LOST as the engine
 */
export async function* runAnswer(
  model: LanguageModel,
  prepared: PreparedAnswer,
  { signal }: RunAnswerOptions = {},
): AsyncGenerator<AnswerEvent, void, undefined> {
  const { generate } = prepared;
  const signals = [generate.signal, signal].filter((given) => given !== undefined);
  const writers = Array.from({ length: generate.n ?? 1 }, (_, choice) =>
    createChoiceWriter(prepared, choice, model.info.context),
  );
  const events = model.generate({
    ...generate,
    ...(signals.length > 0 && { signal: AbortSignal.any(signals) }),
  });
  for await (const event of events) {
    const writer = writers[event.sample]!;
    yield* event.type === "token" ? writer.token(event) : writer.end(event);
  }
}
