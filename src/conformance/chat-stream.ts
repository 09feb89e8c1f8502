/** A streamed reply of /v1/chat/completions, put together as clients do it. */

import { told } from "./chat-reply.ts";
import { nonconforming } from "./evidence.ts";
import type { Exchange } from "./http-exchange.ts";
import { at, isObject, isText, type JsonObject, objectsOf, parseJson } from "./json-value.ts";

export interface ChatStream {
  readonly chunks: readonly JsonObject[];
  /** Choices of all chunks in order, each with the place of its chunk. */
  readonly parts: readonly {
    readonly chunk: number;
    readonly choice: JsonObject;
    readonly delta: JsonObject;
  }[];
  /** Texts of choice 0, joined. */
  readonly text: string;
  readonly finishReasons: readonly string[];
}

/** @throws OUTPUT_INVALID when it is no stream of JSON chunks that ended by itself */
export function chatStream(reply: Exchange): ChatStream {
  if (reply.status !== 200)
    throw nonconforming(`The request is refused: status ${reply.status}`, told(reply));
  const { events } = reply.stream;
  if (events.length === 0) throw nonconforming("The reply is no stream of events", reply.text);
  if (reply.end !== "whole")
    throw nonconforming(`The stream is cut off (${reply.end})`, reply.text.slice(-160));
  const chunks = events.filter(({ data }) => data !== "[DONE]").map(({ json, data }) => chunkOf(json, data));
  const parts = chunks.flatMap((chunk, index) =>
    objectsOf(chunk.choices).map((choice) => ({
      chunk: index,
      choice,
      delta: isObject(choice.delta) ? choice.delta : {},
    })),
  );
  const first = parts.filter(({ choice }) => (choice.index ?? 0) === 0);
  return {
    chunks,
    parts,
    text: first.map(({ delta }) => (typeof delta.content === "string" ? delta.content : "")).join(""),
    finishReasons: first.map(({ choice }) => choice.finish_reason).filter(isText),
  };
}

function chunkOf(json: unknown, data: string): JsonObject {
  if (!isObject(json)) throw nonconforming("An event's data is no JSON object", data);
  if (json.error !== undefined && json.error !== null)
    throw nonconforming("The stream holds an error", at(json, "error", "message") ?? json.error);
  return json;
}

/** A call put together from deltas; ids and names are joined, as AutoGen joins them. */
export interface StreamedCall {
  readonly index: unknown;
  readonly ids: readonly unknown[];
  readonly names: readonly unknown[];
  readonly arguments: string;
  readonly value: unknown;
}

/** Calls of choice 0 in order of their index. */
export function streamedCalls({ parts }: ChatStream): readonly StreamedCall[] {
  const calls = new Map<unknown, { ids: unknown[]; names: unknown[]; text: string }>();
  for (const { choice, delta } of parts) {
    if ((choice.index ?? 0) !== 0) continue;
    for (const piece of objectsOf(delta.tool_calls)) {
      const call = calls.get(piece.index) ?? { ids: [], names: [], text: "" };
      calls.set(piece.index, call);
      if (piece.id !== undefined && piece.id !== null) call.ids.push(piece.id);
      const name = at(piece, "function", "name");
      if (name !== undefined && name !== null) call.names.push(name);
      const text = at(piece, "function", "arguments");
      if (typeof text === "string") call.text += text;
    }
  }
  return [...calls].map(([index, { ids, names, text }]) => ({
    index,
    ids,
    names,
    arguments: text,
    value: parseJson(text),
  }));
}
