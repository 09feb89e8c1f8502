/** What is asked of a model in one answer, whatever protocol it came by. */

import type { SamplingOptions, WorkOptions } from "../engine/index.ts";
import type { ChatRole } from "../models/index.ts";

/** A message of a conversation; parts of text have been joined. */
export interface AnswerMessage {
  readonly role: ChatRole;
  readonly content: string;
  /** Who speaks, where several share a role. */
  readonly name?: string | undefined;
  /** Of an assistant. */
  readonly toolCalls?: readonly ToolCall[] | undefined;
  /** Of a tool: which call this is the result of. */
  readonly toolCallId?: string | undefined;
}

export interface AnswerTool {
  readonly name: string;
  readonly description?: string | undefined;
  /** JSON Schema of an object; undefined: any object. */
  readonly parameters?: object | undefined;
}

export interface ToolCall {
  readonly id: string;
  readonly name: string;
  /** JSON text of one object. */
  readonly arguments: string;
}

/** "auto": text or calls; "required": at least one call; a name: a call of this tool. */
export type ToolChoice = "auto" | "none" | "required" | { readonly name: string };

export type AnswerFormat =
  | { readonly type: "text" }
  | { readonly type: "json-object" }
  | { readonly type: "json-schema"; readonly name: string; readonly schema: object }
  /** GBNF; its root rule is "root". */
  | { readonly type: "grammar"; readonly grammar: string };

export interface AnswerRequest extends SamplingOptions, WorkOptions {
  /** A conversation, or a prompt that goes to the model as it is: text, or ids. */
  readonly input:
    | { readonly type: "messages"; readonly messages: readonly AnswerMessage[] }
    | { readonly type: "text"; readonly text: string }
    | { readonly type: "ids"; readonly ids: readonly number[] };
  readonly tools?: readonly AnswerTool[] | undefined;
  /** @default "auto" with tools, else "none" */
  readonly toolChoice?: ToolChoice | undefined;
  /** More than one call in an answer. @default true */
  readonly parallelToolCalls?: boolean | undefined;
  /** @default text */
  readonly format?: AnswerFormat | undefined;
  /** @default all that the context leaves */
  readonly maxTokens?: number | undefined;
  /** @default 1 */
  readonly n?: number | undefined;
  readonly seed?: number | undefined;
  readonly stop?: readonly string[] | undefined;
  /** Log-probabilities of the chosen tokens and of this many others. */
  readonly logprobs?: number | undefined;
  /** Tell how sure the model was. Costs a look at every row of logits, unless `logprobs` does already. @default false */
  readonly confidence?: boolean | undefined;
}
