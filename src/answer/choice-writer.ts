/** One choice of an answer: from the engine's tokens to events that are certain, and to the checks at its end. */

import type { GenerateEvent } from "../engine/index.ts";
import { AppError } from "../errors.ts";
import type { AnswerEvent, AnswerToken } from "./answer-event.ts";
import { beginsCalls } from "./call-beginning.ts";
import { outputError } from "./output-error.ts";
import type { PreparedAnswer } from "./prepared-answer.ts";
import { readCalls } from "./read-calls.ts";

type Token = Extract<GenerateEvent, { type: "token" }>;
type End = Extract<GenerateEvent, { type: "end" }>;

export interface ChoiceWriter {
  token(event: Token): AnswerEvent[];
  /** @throws OUTPUT_INVALID for what is cut off or fails its check, CANCELLED */
  end(event: End): AnswerEvent[];
}

/** Begins a choice; `context` is the model's, for messages. */
export function createChoiceWriter(prepared: PreparedAnswer, choice: number, context: number): ChoiceWriter {
  const { form, request } = prepared;
  const wantsChances = request.logprobs !== undefined;
  /** "open": it could still become either. */
  let kind: "open" | "text" | "calls" =
    form.calls === "always" ? "calls" : form.calls === "never" ? "text" : "open";
  let whole = "";
  // Text and tokens that wait: for certainty about the kind, or for a character or stop string to be complete.
  let heldText = "";
  let held: AnswerToken[] = [];
  let dropsSpace = form.text === "json" || (form.text === "free" && request.input.type === "messages");
  const ids: number[] = [];
  let logSum = 0;
  let logCount = 0;

  /** What is held, as one event. */
  const release = (): AnswerEvent[] => {
    if (heldText === "") return [];
    const event = { type: "text" as const, choice, text: heldText, tokens: held };
    heldText = "";
    held = [];
    return [event];
  };

  /**
   * SentencePiece models begin an answer with a piece that carries a space, and templates write that space before
   * the answers of earlier turns: with it the next turn would have two, and other tokens than the cache holds.
   */
  const withoutFirstSpace = (text: string): string => {
    if (!dropsSpace || text === "") return text;
    dropsSpace = false;
    return text.startsWith(" ") ? text.slice(1) : text;
  };

  const take = (given: string): void => {
    const text = withoutFirstSpace(given);
    whole += text;
    heldText += text;
    if (kind !== "open") return;
    const isCalls = beginsCalls(whole);
    if (isCalls !== undefined) kind = isCalls ? "calls" : "text";
  };

  const invalid = (what: string, problem: string, { reason, completionTokens }: End) =>
    outputError(prepared, context, {
      what,
      problem,
      reason: reason === "length" ? "length" : "stop",
      text: whole,
      completionTokens,
    });

  /** The text at its end: held pieces, after the check of what had to be JSON. */
  const endText = (event: End): { events: AnswerEvent[]; reason: "stop" | "length" } => {
    const reason = event.reason === "length" ? "length" : "stop";
    if (form.text !== "json") return { events: release(), reason };
    const parsed = parseJson(whole);
    // Digits may have been about to follow a number; all other JSON shows where it ends.
    const isWhole = parsed !== undefined && (reason === "stop" || typeof parsed.value !== "number");
    const problem = isWhole ? form.check(parsed.value) : "it is not whole";
    if (problem !== undefined) throw invalid("JSON answer", problem, event);
    return { events: release(), reason: "stop" };
  };

  const endCalls = (event: End): { events: AnswerEvent[]; reason: "stop" | "length" | "tool-calls" } => {
    const { calls, problem } = readCalls(whole, form.tools);
    if (calls) return { events: [{ type: "calls", choice, calls }], reason: "tool-calls" };
    // A schema of the caller's may allow an object that merely begins like calls.
    if (form.calls === "possible" && form.text === "json" && parseJson(whole)) return endText(event);
    throw invalid("call of a tool", problem, event);
  };

  return {
    token({ id, text, logprob, top }) {
      ids.push(id);
      if (logprob !== undefined) {
        logSum += logprob;
        logCount++;
      }
      const before = heldText.length;
      take(text);
      held.push({ id, text: heldText.slice(before), ...(wantsChances && { logprob, top }) });
      return kind === "text" ? release() : [];
    },
    end(event) {
      if (event.reason === "abort") throw new AppError("CANCELLED", "The answer was stopped.");
      take(event.rest);
      const { events, reason } = kind === "calls" ? endCalls(event) : endText(event);
      return [
        ...events,
        {
          type: "end",
          choice,
          reason,
          usage: {
            promptTokens: event.promptTokens,
            cachedTokens: event.cachedTokens,
            completionTokens: event.completionTokens,
          },
          confidence: logCount > 0 ? Math.exp(logSum / logCount) : undefined,
          ids,
          timings: event.timings,
        },
      ];
    },
  };
}

function parseJson(text: string): { value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return undefined;
  }
}
