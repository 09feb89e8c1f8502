/** A reply of /v1/chat/completions, taken apart; what is not there ends the rule that looks for it. */

import { nonconforming, shown } from "./evidence.ts";
import type { Exchange } from "./http-exchange.ts";
import { at, isObject, isText, type JsonObject, objectsOf, parseJson } from "./json-value.ts";

/** The JSON of a reply with status 200. @throws OUTPUT_INVALID */
export function okJson(reply: Exchange): JsonObject {
  if (reply.status !== 200)
    throw nonconforming(`The request is refused: status ${reply.status}`, told(reply));
  if (reply.end !== "whole") throw nonconforming(`The reply is cut off (${reply.end})`, reply.text);
  if (!isObject(reply.json)) throw nonconforming("The reply is no JSON object", reply.text);
  return reply.json;
}

/** The choices of a reply, at least one. @throws OUTPUT_INVALID */
export function choicesOf(reply: Exchange): readonly JsonObject[] {
  const { choices } = okJson(reply);
  const found = objectsOf(choices);
  if (found.length === 0) throw nonconforming("choices holds no choice", choices);
  return found;
}

/** The first choice and its message. @throws OUTPUT_INVALID */
export function firstChoice(reply: Exchange): { readonly choice: JsonObject; readonly message: JsonObject } {
  const choice = choicesOf(reply)[0]!;
  if (!isObject(choice.message)) throw nonconforming("The choice has no message", choice);
  return { choice, message: choice.message };
}

/** The text of the first choice. @throws OUTPUT_INVALID */
export function textOf(reply: Exchange): string {
  const { message } = firstChoice(reply);
  if (typeof message.content !== "string") throw nonconforming("content is no text", message);
  return message.content;
}

/** One call of a tool, with its arguments read. */
export interface ReadCall {
  readonly id: unknown;
  readonly type: unknown;
  readonly name: unknown;
  readonly arguments: unknown;
  /** Undefined where the arguments are no JSON text. */
  readonly value: unknown;
}

export function readCall(call: unknown): ReadCall {
  const text = at(call, "function", "arguments");
  return {
    id: at(call, "id"),
    type: at(call, "type"),
    name: at(call, "function", "name"),
    arguments: text,
    value: typeof text === "string" ? parseJson(text) : undefined,
  };
}

/** The calls of the first choice, at least one. @throws OUTPUT_INVALID */
export function callsOf(reply: Exchange): readonly ReadCall[] {
  const { message } = firstChoice(reply);
  const calls = objectsOf(message.tool_calls);
  if (calls.length === 0) throw nonconforming("The message has no tool_calls", message);
  return calls.map(readCall);
}

/** The error of a refused request: OpenAI's form, which all clients read the message from. */
export function errorOf(
  reply: Exchange,
): { readonly message: string; readonly error: JsonObject } | undefined {
  const error = at(reply.json, "error");
  if (!isObject(error) || !isText(error.message)) return undefined;
  return { message: error.message, error };
}

/** What a refusal says, for people. */
export function told(reply: Exchange): string {
  return errorOf(reply)?.message ?? shown(reply.text === "" ? "an empty body" : reply.text);
}

/** A refusal that is the caller's to mend: 400 to 499. */
export function isRefusal({ status }: Exchange): boolean {
  return status >= 400 && status < 500;
}
