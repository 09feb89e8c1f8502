/** Why an answer that had to have a form has not; the reader learns which limit to raise. */

import { AppError } from "../errors.ts";
import type { PreparedAnswer } from "./prepared-answer.ts";

/** How an answer ended and what there is of it. */
export interface FailedOutput {
  /** "JSON answer", "call": for the message. */
  readonly what: string;
  /** What a check said. */
  readonly problem: string;
  readonly reason: "stop" | "length";
  readonly text: string;
  readonly completionTokens: number;
}

/** Enough to see what the model was about to say. */
const MAX_TEXT = 10_000;

/** The error for an answer that is cut off or fails its check. */
export function outputError(
  { request, generate }: PreparedAnswer,
  context: number,
  { what, problem, reason, text, completionTokens }: FailedOutput,
): AppError {
  const promptTokens = generate.prompt.length;
  const { maxTokens } = generate;
  const fail = (cause: string, message: string, hint: string) =>
    new AppError("OUTPUT_INVALID", message, {
      hint,
      details: { cause, promptTokens, maxTokens, context, completionTokens, text: text.slice(0, MAX_TEXT) },
    });
  if (reason === "length" && request.maxTokens !== undefined)
    return fail(
      "max-tokens",
      `The ${what} was cut off: the ${maxTokens} tokens that the request allows (max_tokens) were too few.`,
      "Raise max_tokens, leave it out, or ask for a shorter answer.",
    );
  if (reason === "length") {
    const { n = 1 } = generate;
    const room = n === 1 ? `${maxTokens}` : `${maxTokens} for each of ${n} answers`;
    return fail(
      "context",
      `The ${what} was cut off: the context of ${context} tokens was too small (prompt ${promptTokens}, room left ${room}).`,
      "Shorten the prompt, or serve the model with a larger context.",
    );
  }
  // A grammar lets a model end only where the form is complete, so something else ended it.
  if (isPartial(text) && request.stop?.some((stop) => stop !== ""))
    return fail(
      "stop",
      `The ${what} was cut off by a stop string of the request.`,
      "Leave out stop strings that can occur in JSON; it ends by itself.",
    );
  return fail("invalid", `The ${what} does not have the form that was asked for: ${problem}.`, "Ask again.");
}

function isPartial(text: string): boolean {
  try {
    JSON.parse(text);
    return false;
  } catch {
    return true;
  }
}
