/** What happens while an answer is written; every protocol's reply is made from these. */

import type { GenerateTimings, TokenChance } from "../engine/index.ts";
import type { ToolCall } from "./answer-request.ts";

/** One token of an answer's text, with its chances where they were asked for. */
export interface AnswerToken {
  readonly id: number;
  /** Text that became complete with it; may be empty within a character. */
  readonly text: string;
  readonly logprob?: number | undefined;
  readonly top?: readonly TokenChance[] | undefined;
}

export type AnswerEvent =
  /** A piece of the text. Pieces of an answer in JSON come as they are written, before the whole was checked. */
  | {
      readonly type: "text";
      readonly choice: number;
      readonly text: string;
      readonly tokens: readonly AnswerToken[];
    }
  /** All calls of an answer at once, checked against their tools' schemas. No text comes before or after. */
  | { readonly type: "calls"; readonly choice: number; readonly calls: readonly ToolCall[] }
  | {
      readonly type: "end";
      readonly choice: number;
      readonly reason: "stop" | "length" | "tool-calls";
      readonly usage: AnswerUsage;
      /**
       * Geometric mean of p over the tokens that were chosen: how sure the model was. Undefined for an empty answer,
       * and where neither `confidence` nor `logprobs` was asked for.
       */
      readonly confidence: number | undefined;
      /** Chosen ids, so that the conversation's cache can be kept. */
      readonly ids: readonly number[];
      readonly timings: GenerateTimings | undefined;
    };

export interface AnswerUsage {
  readonly promptTokens: number;
  /** Prompt tokens that came from the cache. */
  readonly cachedTokens: number;
  readonly completionTokens: number;
}
