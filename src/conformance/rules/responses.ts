/** /v1/responses, which Microsoft's Agent Framework speaks by default. */

import { isRefusal, okJson, told } from "../chat-reply.ts";
import { fail, nonconforming, note, pass, shown, skip } from "../evidence.ts";
import type { Exchange } from "../http-exchange.ts";
import { at, isCount, isObject, isText, type JsonObject, objectsOf, parseJson } from "../json-value.ts";
import { CALL_TOKENS, JSON_TOKENS, LONG_TASK, MEETING_SCHEMA } from "../requests.ts";
import { schemaFault } from "../schema-check.ts";
import type { ConformanceSession } from "../session.ts";
import type { ClientFamily, RuleFinding, WireRule } from "../wire-rule.ts";
import { AGENT_FRAMEWORK_RESPONSES, RESPONSES_REFERENCE } from "./sources.ts";

export const RESPONSES_CLIENTS: readonly ClientFamily[] = [
  "Agent Framework",
  "openai-node",
  "AI SDK",
  "LangChain",
];
export const RESPONSES_PATH = "/responses";
/** store is true unless said; a server without memory has to be told that none is wanted. */
export const RESPONSE = {
  input: 'Please repeat the word: "river"',
  temperature: 0,
  max_output_tokens: 24,
  store: false,
};

export const RESPONSE_TOOL = {
  type: "function",
  name: "book_meeting",
  description: "Book a meeting at a day and hour.",
  parameters: MEETING_SCHEMA,
  strict: true,
};
export const RESPONSE_CALL = {
  ...RESPONSE,
  input: "Book a meeting on Tuesday at 10 o'clock.",
  max_output_tokens: CALL_TOKENS,
  tools: [RESPONSE_TOOL],
  tool_choice: "required",
};

/** A server without this endpoint fails one rule, not all of them. */
export async function withoutResponses(session: ConformanceSession): Promise<RuleFinding | undefined> {
  const reply = await session.post(RESPONSES_PATH, RESPONSE);
  return reply.status === 404 || reply.status === 405 ? skip("There is no /v1/responses") : undefined;
}

/** A rule of this endpoint that is skipped where it is not. */
export function responsesRule(rule: Omit<WireRule, "clients">): WireRule {
  return {
    ...rule,
    clients: RESPONSES_CLIENTS,
    check: async (session) => (await withoutResponses(session)) ?? rule.check(session),
  };
}

/** Items of a reply's output. @throws OUTPUT_INVALID */
export function outputOf(reply: Exchange): readonly JsonObject[] {
  const items = objectsOf(okJson(reply).output);
  if (items.length === 0) throw nonconforming("output holds no item", reply.text);
  return items;
}

/** The texts of a list of output items, joined. */
export function outputText(items: readonly JsonObject[]): string {
  return items
    .filter(({ type }) => type === "message")
    .flatMap(({ content }) => objectsOf(content))
    .map(({ type, text }) => (type === "output_text" && typeof text === "string" ? text : ""))
    .join("");
}

const plainRule: WireRule = {
  id: "responses",
  asks: "/v1/responses answers with a message of output_text, a status and usage",
  clients: RESPONSES_CLIENTS,
  sends: "the plain question to /v1/responses",
  source: `${AGENT_FRAMEWORK_RESPONSES}; ${RESPONSES_REFERENCE}`,
  async check({ post, model }) {
    const reply = await post(RESPONSES_PATH, RESPONSE);
    const json = okJson(reply);
    const message = outputOf(reply).find(({ type }) => type === "message");
    const usage = isObject(json.usage) ? json.usage : {};
    const faults = [
      !isText(json.id) && "id is no text",
      json.object !== "response" && 'object is not "response"',
      !isCount(json.created_at) && "created_at is no number",
      json.model !== model && "model is another id than the one asked for",
      !["completed", "incomplete"].includes(json.status as string) &&
        "status is neither completed nor incomplete",
      message === undefined && "output holds no message",
      message !== undefined && message.role !== "assistant" && 'role is not "assistant"',
      message !== undefined && !isText(message.id) && "the message has no id",
      outputText(message === undefined ? [] : [message]) === "" && "there is no output_text",
      !(isCount(usage.input_tokens) && isCount(usage.output_tokens) && isCount(usage.total_tokens)) &&
        "usage lacks a count",
    ].filter((fault) => fault !== false);
    return faults.length > 0 ? fail(faults.join("; "), json) : pass("All fields are there");
  },
};

const itemsRule = responsesRule({
  id: "responses-items",
  asks: "instructions and a list of messages with input_text parts are taken",
  sends: "instructions, input: [{role: user, content: [{type: input_text}]}]",
  source: AGENT_FRAMEWORK_RESPONSES,
  async check({ post }) {
    const content = [{ type: "input_text", text: RESPONSE.input }];
    const reply = await post(RESPONSES_PATH, {
      ...RESPONSE,
      instructions: "Be short.",
      input: [{ type: "message", role: "user", content }],
    });
    if (reply.status !== 200) return fail(`Refused with status ${reply.status}`, told(reply));
    return outputText(outputOf(reply)) === "" ? fail("There is no text", reply.text) : pass("Answered");
  },
});

const callRule = responsesRule({
  id: "responses-function-call",
  asks: "a required call is an item function_call with call_id, name and arguments",
  sends: 'one function, tool_choice "required"',
  source: AGENT_FRAMEWORK_RESPONSES,
  async check({ post }) {
    const reply = await post(RESPONSES_PATH, RESPONSE_CALL);
    const call = outputOf(reply).find(({ type }) => type === "function_call");
    if (call === undefined) return fail("output holds no function_call", reply.text);
    if (!isText(call.call_id) || call.name !== "book_meeting")
      return fail("call_id or name is missing", call);
    if (typeof call.arguments !== "string") return fail("arguments is no string", call);
    const fault = schemaFault(MEETING_SCHEMA, parseJson(call.arguments));
    return fault === undefined
      ? pass("By the schema", call.arguments)
      : fail(`Not by the schema: ${shown(fault)}`, call.arguments);
  },
});

const resultRule = responsesRule({
  id: "responses-function-result",
  asks: "a call and its result in the input are taken",
  sends: "user, function_call, function_call_output",
  source: AGENT_FRAMEWORK_RESPONSES,
  async check({ post }) {
    const call = {
      call_id: "call_abcdefgh1",
      name: "book_meeting",
      arguments: '{"day":"tuesday","hour":10}',
    };
    const input = [
      { role: "user", content: RESPONSE_CALL.input },
      { type: "function_call", ...call },
      { type: "function_call_output", call_id: call.call_id, output: "Booked, room red." },
    ];
    const reply = await post(RESPONSES_PATH, {
      ...RESPONSE,
      tools: [RESPONSE_TOOL],
      input,
      max_output_tokens: JSON_TOKENS,
    });
    if (reply.status !== 200) return fail(`Refused with status ${reply.status}`, told(reply));
    outputOf(reply);
    return pass("Answered");
  },
});

const schemaRule = responsesRule({
  id: "responses-json-schema",
  asks: "text.format json_schema gives JSON that follows the schema",
  sends: "a question with text: {format: {type: json_schema}}",
  source: RESPONSES_REFERENCE,
  async check({ post }) {
    const reply = await post(RESPONSES_PATH, {
      ...RESPONSE,
      input: "The meeting is on Friday at 14 o'clock. Answer in JSON.",
      max_output_tokens: JSON_TOKENS,
      text: { format: { type: "json_schema", name: "reply", schema: MEETING_SCHEMA, strict: true } },
    });
    const text = outputText(outputOf(reply));
    const fault = schemaFault(MEETING_SCHEMA, parseJson(text));
    return fault === undefined
      ? pass("By the schema", text)
      : fail(`Not by the schema: ${shown(fault)}`, text);
  },
});

const limitRule = responsesRule({
  id: "responses-max-output-tokens",
  asks: 'an answer that max_output_tokens cuts has status "incomplete" and says why',
  sends: "a long task with max_output_tokens 16",
  source: RESPONSES_REFERENCE,
  async check({ post }) {
    // OpenAI refuses fewer than 16.
    const body = { ...RESPONSE, input: LONG_TASK, max_output_tokens: 16 };
    const json = okJson(await post(RESPONSES_PATH, body));
    const tokens = at(json, "usage", "output_tokens");
    if (!isCount(tokens) || tokens > 16) return fail("max_output_tokens is not kept", json.usage);
    if (tokens < 16) return skip("The answer ended before its budget");
    return json.status === "incomplete" && isText(at(json, "incomplete_details", "reason"))
      ? pass("incomplete, with the reason", at(json, "incomplete_details"))
      : fail("The answer was cut, and status does not say so", json.status);
  },
});

const previousRule = responsesRule({
  id: "responses-previous-id",
  asks: "a previous_response_id that is not known is refused, not ignored",
  sends: "previous_response_id: resp_no_such",
  source: RESPONSES_REFERENCE,
  async check({ post }) {
    const reply = await post(RESPONSES_PATH, { ...RESPONSE, previous_response_id: "resp_no_such" });
    if (reply.status === 200) return fail("It is ignored: the model answers without the conversation");
    return isRefusal(reply)
      ? pass(`Status ${reply.status}`, told(reply))
      : note(`Status ${reply.status}`, told(reply));
  },
});

export const RESPONSES_RULES = [
  plainRule,
  itemsRule,
  callRule,
  resultRule,
  schemaRule,
  limitRule,
  previousRule,
] as const;
