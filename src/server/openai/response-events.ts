/**
 * The Responses API's typed events, in the order that openai-node's ResponseStream puts a response together by.
 * The document of a request without a stream is that of the last event.
 */

import type { ToolCall } from "../../answer/index.ts";
import type { Answering, EndEvent } from "./answering.ts";
import { type ChatLogprob, chatLogprobs } from "./chat-logprobs.ts";
import { namedFrame } from "./event-stream.ts";
import { openaiError } from "./openai-error.ts";
import { endedResponse, failedResponse, newResponse } from "./response-object.ts";
import type { ResponseFields } from "./response-request.ts";
import { newId } from "./serve-answer.ts";
import { tokenNames } from "./token-text.ts";

/** Numbers events of one stream. */
export type Sequence = () => number;

export function createSequence(): Sequence {
  let next = 0;
  return () => next++;
}

interface ResponseEvent {
  readonly type: string;
  readonly [field: string]: unknown;
}

/** What has been said when something fails: the response as it began, and its items so far. */
interface Progress {
  response: ReturnType<typeof newResponse> | undefined;
  readonly output: object[];
}

/** @param progress is kept up to date for whoever has to say that it failed */
export async function* responseEvents(
  answering: Answering,
  fields: ResponseFields,
  logprobs: boolean,
  progress: Progress = { response: undefined, output: [] },
): AsyncGenerator<ResponseEvent> {
  const response = newResponse(answering, fields, newId("resp_"));
  const names = tokenNames(answering.dispatched[0].model);
  const { output } = progress;
  let message: Message | undefined;
  let end: EndEvent | undefined;
  for await (const event of answering.events) {
    if (progress.response === undefined) {
      progress.response = response;
      yield { type: "response.created", response };
      yield { type: "response.in_progress", response };
    }
    if (event.type === "text") {
      if (message === undefined) {
        message = { id: newId("msg_"), index: output.length, text: "", logprobs: [] };
        yield* messageStart(message);
      }
      const chances = logprobs ? await chatLogprobs(event.tokens, names) : [];
      message.text += event.text;
      message.logprobs.push(...chances);
      if (event.text !== "" || chances.length > 0) yield messageDelta(message, event.text, chances);
    } else if (event.type === "calls") for (const call of event.calls) yield* callEvents(call, output);
    else end = event;
  }
  // An answer of nothing is a message of nothing, so that there is one to read.
  if (message === undefined && output.length === 0) {
    message = { id: newId("msg_"), index: 0, text: "", logprobs: [] };
    yield* messageStart(message);
  }
  if (message) yield* messageEnd(message, output, end!.reason === "length");
  const ended = endedResponse(response, answering, output, end!);
  yield { type: `response.${ended.status}`, response: ended };
}

interface Message {
  readonly id: string;
  readonly index: number;
  text: string;
  readonly logprobs: ChatLogprob[];
}

const part = ({ text, logprobs }: Pick<Message, "text" | "logprobs">) => ({
  type: "output_text",
  text,
  annotations: [],
  logprobs: [...logprobs],
});

const messageItem = (id: string, status: string, content: readonly object[]) => ({
  id,
  type: "message",
  status,
  role: "assistant",
  content,
});

const place = ({ id, index }: Message) => ({ item_id: id, output_index: index, content_index: 0 });

function* messageStart(message: Message): Generator<ResponseEvent> {
  const item = messageItem(message.id, "in_progress", []);
  yield { type: "response.output_item.added", output_index: message.index, item };
  yield { type: "response.content_part.added", ...place(message), part: part({ text: "", logprobs: [] }) };
}

const messageDelta = (message: Message, delta: string, logprobs: readonly ChatLogprob[]): ResponseEvent => ({
  type: "response.output_text.delta",
  ...place(message),
  delta,
  logprobs,
});

function* messageEnd(message: Message, output: object[], cut: boolean): Generator<ResponseEvent> {
  const { text, logprobs } = message;
  const item = messageItem(message.id, cut ? "incomplete" : "completed", [part(message)]);
  output.push(item);
  yield { type: "response.output_text.done", ...place(message), text, logprobs };
  yield { type: "response.content_part.done", ...place(message), part: part(message) };
  yield { type: "response.output_item.done", output_index: message.index, item };
}

function* callEvents(call: ToolCall, output: object[]): Generator<ResponseEvent> {
  const id = newId("fc_");
  const at = { item_id: id, output_index: output.length };
  const item = (status: string, json: string) => ({
    id,
    type: "function_call",
    status,
    call_id: call.id,
    name: call.name,
    arguments: json,
  });
  const { output_index } = at;
  yield { type: "response.output_item.added", output_index, item: item("in_progress", "") };
  yield { type: "response.function_call_arguments.delta", ...at, delta: call.arguments };
  yield { type: "response.function_call_arguments.done", ...at, name: call.name, arguments: call.arguments };
  const done = item("completed", call.arguments);
  output.push(done);
  yield { type: "response.output_item.done", output_index, item: done };
}

/** The last event's document. @throws what the events throw */
export async function wholeResponse(
  answering: Answering,
  fields: ResponseFields,
  logprobs: boolean,
): Promise<object> {
  let last: ResponseEvent | undefined;
  for await (const event of responseEvents(answering, fields, logprobs)) last = event;
  return last!.response as object;
}

/** The stream; where the answer fails on the way `response.failed` comes last, and then the error is thrown. */
export async function* responseFrames(
  answering: Answering,
  fields: ResponseFields,
  logprobs: boolean,
  sequence: Sequence,
): AsyncGenerator<string> {
  const progress: Progress = { response: undefined, output: [] };
  const frame = ({ type, ...event }: ResponseEvent) =>
    namedFrame(type, { type, sequence_number: sequence(), ...event });
  try {
    for await (const event of responseEvents(answering, fields, logprobs, progress)) yield frame(event);
  } catch (error) {
    const { response, output } = progress;
    if (response) yield frame({ type: "response.failed", response: failedResponse(response, output, error) });
    throw error;
  }
}

/**
 * The event that OpenAI's clients raise on: `response.failed` alone they hand through, and openai-node's
 * responses.stream() then ends as if all were well. Its type's fields stand beside the `error` that is looked for.
 */
export function responseErrorFrame(error: unknown, sequence: Sequence): string {
  const { body } = openaiError(error);
  const { code, message, param } = body.error;
  return namedFrame("error", { type: "error", sequence_number: sequence(), code, message, param, ...body });
}
