/** Calls of tools in streams, where most servers go wrong. */

import { type ChatStream, chatStream, type StreamedCall, streamedCalls } from "../chat-stream.ts";
import { fail, nonconforming, pass, shown } from "../evidence.ts";
import { isCount, isObject, isText, objectsOf } from "../json-value.ts";
import { REQUIRED_CALL_STREAM, TOOL_SCHEMAS } from "../requests.ts";
import { schemaFault } from "../schema-check.ts";
import type { ConformanceSession } from "../session.ts";
import { ALL_CLIENTS, type WireRule } from "../wire-rule.ts";
import { AG2, AI_SDK, AUTOGEN_02, AUTOGEN_EXT, OPENAI_NODE_CHAT_STREAM } from "./sources.ts";

const SENDS = 'two tools, tool_choice "required", as a stream';

async function ask({
  post,
}: ConformanceSession): Promise<{ stream: ChatStream; calls: readonly StreamedCall[] }> {
  const stream = chatStream(await post("/chat/completions", REQUIRED_CALL_STREAM));
  const calls = streamedCalls(stream);
  if (calls.length === 0) throw nonconforming("The stream holds no tool_calls", stream.chunks.at(-1));
  return { stream, calls };
}

const onceRule: WireRule = {
  id: "stream-tool-once",
  asks: "a call's id and name come once, in its first delta",
  clients: ["autogen-ext 0.4+", "AutoGen 0.2", "AG2"],
  sends: SENDS,
  source: `${AUTOGEN_EXT} and ${AUTOGEN_02} join what comes twice`,
  async check(session) {
    const { calls } = await ask(session);
    for (const { ids, names } of calls) {
      if (ids.length !== 1 || !isText(ids[0])) return fail(`The id comes ${ids.length} times`, ids);
      if (names.length !== 1 || !isText(names[0])) return fail(`The name comes ${names.length} times`, names);
    }
    return pass("Once each", calls[0]?.ids[0]);
  },
};

const indexRule: WireRule = {
  id: "stream-tool-index",
  asks: "every delta of a call has its index, from 0 on",
  clients: ["autogen-ext 0.4+", "AutoGen 0.2", "AG2", "Agent Framework", "openai-node"],
  sends: SENDS,
  source: `${AG2} (full_tool_calls[ix]); ${OPENAI_NODE_CHAT_STREAM}`,
  async check(session) {
    const { calls } = await ask(session);
    const indices = calls.map(({ index }) => index);
    return indices.every((index, place) => isCount(index) && index === place)
      ? pass(`Indices ${indices.join(", ")}`)
      : fail("Indices are not 0, 1, 2 …", indices);
  },
};

const argumentsRule: WireRule = {
  id: "stream-tool-arguments",
  asks: "pieces of arguments join to a JSON object that follows the schema",
  clients: ALL_CLIENTS,
  sends: SENDS,
  source: AI_SDK,
  async check(session) {
    const { calls } = await ask(session);
    for (const { names, arguments: text, value } of calls) {
      const name = names.join("");
      if (!isObject(value)) return fail("The pieces join to no JSON object", text);
      const schema = Object.hasOwn(TOOL_SCHEMAS, name) && TOOL_SCHEMAS[name];
      if (!schema) return fail("A call names a tool that was not given", name);
      const fault = schemaFault(schema, value);
      if (fault !== undefined) return fail(`They do not follow the schema: ${shown(fault)}`, text);
    }
    return pass("By the schema", calls[0]?.arguments);
  },
};

const finishRule: WireRule = {
  id: "stream-tool-finish",
  asks: 'a stream with calls ends with finish_reason "tool_calls"',
  clients: ["autogen-ext 0.4+", "AI SDK", "LangChain", "Agent Framework"],
  sends: SENDS,
  source: AUTOGEN_EXT,
  async check(session) {
    const { stream } = await ask(session);
    return stream.finishReasons.join() === "tool_calls"
      ? pass("tool_calls")
      : fail("Another finish_reason", stream.finishReasons);
  },
};

const mixedRule: WireRule = {
  id: "stream-no-mixed-delta",
  asks: "no delta holds both text and tool_calls",
  clients: ["autogen-ext 0.4+"],
  sends: SENDS,
  source: `${AUTOGEN_EXT} skips the calls of such a delta`,
  async check(session) {
    const { stream } = await ask(session);
    const mixed = stream.parts.find(
      ({ delta }) => isText(delta.content) && objectsOf(delta.tool_calls).length > 0,
    );
    if (mixed !== undefined) return fail("A delta holds both", mixed.delta);
    const empty = stream.parts.find(
      ({ delta }) => Array.isArray(delta.tool_calls) && delta.tool_calls.length === 0,
    );
    return empty === undefined ? pass("One or the other") : fail("A delta has empty tool_calls", empty.delta);
  },
};

const functionCallRule: WireRule = {
  id: "stream-no-function-call",
  asks: "no delta has a function_call",
  clients: ["AutoGen 0.2", "AG2", "autogen-ext 0.4+"],
  sends: SENDS,
  source: `abetlen/llama-cpp-python sends both; ${AG2} then makes a second call of it`,
  async check(session) {
    const { stream } = await ask(session);
    const found = stream.parts.find(
      ({ delta }) => delta.function_call !== undefined && delta.function_call !== null,
    );
    return found === undefined ? pass("None") : fail("A delta has function_call", found.delta);
  },
};

export const TOOL_STREAM_RULES = [
  onceRule,
  indexRule,
  argumentsRule,
  finishRule,
  mixedRule,
  functionCallRule,
] as const;
