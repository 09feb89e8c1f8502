/** Streams of /v1/responses: typed events in a fixed order, numbered. */

import { told } from "../chat-reply.ts";
import { fail, nonconforming, pass, shown } from "../evidence.ts";
import { at, isObject, isText, type JsonObject, objectsOf, parseJson } from "../json-value.ts";
import { MEETING_SCHEMA } from "../requests.ts";
import { schemaFault } from "../schema-check.ts";
import type { ConformanceSession } from "../session.ts";
import type { WireRule } from "../wire-rule.ts";
import { outputText, RESPONSE, RESPONSE_CALL, RESPONSES_PATH, responsesRule } from "./responses.ts";
import { AGENT_FRAMEWORK_RESPONSES, OPENAI_NODE_RESPONSES, RESPONSES_REFERENCE } from "./sources.ts";

interface TypedEvent extends JsonObject {
  readonly type: string;
}

/** @throws OUTPUT_INVALID when it is no stream of typed events */
async function typedEvents({ post }: ConformanceSession, body: JsonObject): Promise<readonly TypedEvent[]> {
  const reply = await post(RESPONSES_PATH, { ...body, stream: true });
  if (reply.status !== 200)
    throw nonconforming(`The request is refused: status ${reply.status}`, told(reply));
  if (reply.end !== "whole")
    throw nonconforming(`The stream is cut off (${reply.end})`, reply.text.slice(-160));
  const { events } = reply.stream;
  if (events.length === 0) throw nonconforming("The reply is no stream of events", reply.text);
  return events
    .filter(({ data }) => data !== "[DONE]")
    .map(({ json, name, data }) => {
      if (!isObject(json) || !isText(json.type)) throw nonconforming("An event has no type", data);
      if (name !== undefined && name !== json.type)
        throw nonconforming("An event's name is not its type", [name, json.type]);
      return json as TypedEvent;
    });
}

const orderRule: WireRule = responsesRule({
  id: "responses-stream-order",
  asks: "events begin with response.created, open and close items, and end with response.completed",
  sends: "the plain question to /v1/responses as a stream",
  source: `${OPENAI_NODE_RESPONSES}; ${RESPONSES_REFERENCE}`,
  async check(session) {
    const types = (await typedEvents(session, RESPONSE)).map(({ type }) => type);
    if (types[0] !== "response.created") return fail("The first event is another", types[0]);
    if (!/^response\.(completed|incomplete)$/.test(types.at(-1) ?? ""))
      return fail("The last event is another", types.at(-1));
    const order = [
      "response.output_item.added",
      "response.content_part.added",
      "response.output_text.delta",
      "response.output_text.done",
      "response.content_part.done",
      "response.output_item.done",
    ];
    const places = order.map((type) => types.indexOf(type));
    const missing = order.filter((_type, i) => places[i] === -1);
    if (missing.length > 0) return fail(`Without ${missing.join(", ")}`);
    const isInOrder = places.every((place, i) => i === 0 || place > places[i - 1]!);
    return isInOrder ? pass(`${types.length} events in order`) : fail("Out of order", types);
  },
});

const numberRule: WireRule = responsesRule({
  id: "responses-stream-numbers",
  asks: "sequence_number grows by one from 0",
  sends: "the plain question to /v1/responses as a stream",
  source: RESPONSES_REFERENCE,
  async check(session) {
    const numbers = (await typedEvents(session, RESPONSE)).map((event) => event.sequence_number);
    const wrong = numbers.findIndex((number, i) => number !== i);
    return wrong < 0
      ? pass(`0 to ${numbers.length - 1}`)
      : fail(`The event at ${wrong} has another number`, numbers);
  },
});

const textRule: WireRule = responsesRule({
  id: "responses-stream-text",
  asks: "deltas join to the text of output_text.done and of the final response",
  sends: "the plain question to /v1/responses as a stream",
  source: AGENT_FRAMEWORK_RESPONSES,
  async check(session) {
    const events = await typedEvents(session, RESPONSE);
    const of = (wanted: string) => events.filter(({ type }) => type === wanted);
    const joined = of("response.output_text.delta")
      .map(({ delta }) => (typeof delta === "string" ? delta : ""))
      .join("");
    const done = of("response.output_text.done")
      .map(({ text }) => (typeof text === "string" ? text : ""))
      .join("");
    const final = outputText(objectsOf(at(events.at(-1), "response", "output")));
    return joined === done && joined === final && joined !== ""
      ? pass("The same text three times", joined)
      : fail("Three texts", [joined, done, final]);
  },
});

const callRule: WireRule = responsesRule({
  id: "responses-stream-call",
  asks: "pieces of a call's arguments join to those of its done event and follow the schema",
  sends: 'one function, tool_choice "required", as a stream',
  source: AGENT_FRAMEWORK_RESPONSES,
  async check(session) {
    const events = await typedEvents(session, RESPONSE_CALL);
    const added = events.find(
      (event) => event.type === "response.output_item.added" && at(event, "item", "type") === "function_call",
    );
    if (added === undefined)
      return fail(
        "No item function_call is added",
        events.map(({ type }) => type),
      );
    if (!isText(at(added, "item", "call_id")) || at(added, "item", "name") !== "book_meeting")
      return fail("The item lacks call_id or name", added);
    const { output_index: index } = added;
    const ours = (type: string) =>
      events.filter((event) => event.type === type && event.output_index === index);
    const joined = ours("response.function_call_arguments.delta")
      .map(({ delta }) => (typeof delta === "string" ? delta : ""))
      .join("");
    const done = ours("response.function_call_arguments.done")[0]?.arguments;
    if (joined !== done) return fail("Deltas and done differ", [joined, done]);
    const fault = schemaFault(MEETING_SCHEMA, parseJson(joined));
    return fault === undefined
      ? pass("By the schema", joined)
      : fail(`Not by the schema: ${shown(fault)}`, joined);
  },
});

export const RESPONSES_STREAM_RULES = [orderRule, numberRule, textRule, callRule] as const;
