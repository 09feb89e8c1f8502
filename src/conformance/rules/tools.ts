/** Calls of tools in plain replies. */

import { callsOf, firstChoice, isRefusal, type ReadCall, readCall, told } from "../chat-reply.ts";
import { fail, note, pass, shown, skip } from "../evidence.ts";
import type { Exchange } from "../http-exchange.ts";
import { isObject, isText, objectsOf } from "../json-value.ts";
import {
  BOOK_TOOL,
  chat,
  JSON_TOKENS,
  MEETING_QUESTION,
  MEETING_SCHEMA,
  REQUIRED_CALL,
  STRICT_BOOK_TOOL,
  TOOL_SCHEMAS,
  withTools,
} from "../requests.ts";
import { schemaFault } from "../schema-check.ts";
import { ALL_CLIENTS, type RuleFinding, type WireRule } from "../wire-rule.ts";
import { AUTOGEN_EXT, CHAT_REFERENCE, LANGCHAIN } from "./sources.ts";

const CHAT = "/chat/completions";

const requiredRule: WireRule = {
  id: "tool-choice-required",
  asks: 'tool_choice "required" gives a call of a given tool, in the right form',
  clients: ALL_CLIENTS,
  sends: 'two tools, tool_choice "required"',
  source: "ollama/ollama#11171, #17921; TauricResearch/TradingAgents#1057",
  async check({ post }) {
    const calls = callsOf(await post(CHAT, REQUIRED_CALL));
    const fault = calls.map(formFault).find((it) => it !== undefined);
    if (fault !== undefined) return fail(fault, calls[0]);
    const ids = new Set(calls.map(({ id }) => id));
    if (ids.size < calls.length) return fail("Two calls have one id", [...ids]);
    return pass(`${calls.length} ${calls.length === 1 ? "call" : "calls"}`);
  },
};

function formFault({ id, type, name }: ReadCall): string | undefined {
  if (!isText(id)) return "A call has no id";
  if (type !== "function") return 'A call\'s type is not "function"';
  if (!isText(name)) return "A call has no name";
  return Object.hasOwn(TOOL_SCHEMAS, name) ? undefined : "A call names a tool that was not given";
}

const finishRule: WireRule = {
  id: "tool-finish-reason",
  asks: 'finish_reason is "tool_calls" where there are calls',
  clients: ["autogen-ext 0.4+", "AI SDK", "Agent Framework"],
  sends: 'two tools, tool_choice "required"',
  source: `${AUTOGEN_EXT} warns of a mismatch`,
  async check({ post }) {
    const reply = await post(CHAT, REQUIRED_CALL);
    callsOf(reply);
    const { choice, message } = firstChoice(reply);
    if (choice.finish_reason !== "tool_calls") return fail("Another finish_reason", choice.finish_reason);
    return message.content === null || message.content === undefined || message.content === ""
      ? pass("tool_calls, and content is empty")
      : note("There is content beside the calls, which AutoGen takes for a thought", message.content);
  },
};

const argumentsRule: WireRule = {
  id: "tool-arguments",
  asks: "arguments is a JSON string of an object that follows the tool's schema",
  clients: ALL_CLIENTS,
  sends: 'two tools, tool_choice "required"',
  source: `${AUTOGEN_EXT} (isinstance str); ${LANGCHAIN}`,
  check: async ({ post }) => argumentsFinding(callsOf(await post(CHAT, REQUIRED_CALL))),
};

function argumentsFinding(calls: readonly ReadCall[]): RuleFinding {
  for (const call of calls) {
    if (typeof call.arguments !== "string") return fail("arguments is no string", call.arguments);
    if (!isObject(call.value)) return fail("arguments is no JSON object", call.arguments);
    const schema = isText(call.name) && Object.hasOwn(TOOL_SCHEMAS, call.name) && TOOL_SCHEMAS[call.name];
    const fault = schema ? schemaFault(schema, call.value) : "of a tool that was not given";
    if (fault !== undefined)
      return fail(`arguments do not follow the schema: ${shown(fault)}`, call.arguments);
  }
  return pass("A JSON string by the schema", calls[0]?.arguments);
}

const objectRule: WireRule = {
  id: "tool-choice-object",
  asks: "tool_choice with a function's name gives a call of that function",
  clients: ["autogen-ext 0.4+", "Agent Framework", "openai-node", "AI SDK", "LangChain"],
  sends: "two tools, tool_choice {function: find_room} against the question",
  source: "TauricResearch/TradingAgents#1057: LM Studio and llama.cpp answered 400",
  async check({ post }) {
    const choice = { type: "function", function: { name: "find_room" } };
    const reply = await post(CHAT, withTools({ tool_choice: choice }));
    const calls = callsOf(reply);
    const other = calls.find(({ name }) => name !== "find_room");
    return other === undefined ? argumentsFinding(calls) : fail("A call of another tool", other.name);
  },
};

const noneRule: WireRule = {
  id: "tool-choice-none",
  asks: 'tool_choice "none" gives text and no calls',
  clients: ["autogen-ext 0.4+", "Agent Framework", "AI SDK"],
  sends: 'two tools, tool_choice "none"',
  source: `${AUTOGEN_EXT}: AutoGen's step of reflection sends it`,
  async check({ post }) {
    const { message } = firstChoice(await post(CHAT, withTools({ tool_choice: "none", max_tokens: 32 })));
    if (message.tool_calls !== undefined && message.tool_calls !== null)
      return fail("There is a key tool_calls", message);
    return typeof message.content === "string" ? pass("Text") : fail("content is no text", message);
  },
};

const autoRule: WireRule = {
  id: "tool-choice-auto",
  asks: 'tool_choice "auto" gives text, or calls in the right form',
  clients: ALL_CLIENTS,
  sends: 'two tools, tool_choice "auto"',
  source: "abetlen/llama-cpp-python#1338, #1772",
  async check({ post }) {
    const reply = await post(CHAT, withTools({ tool_choice: "auto" }));
    const { choice, message } = firstChoice(reply);
    if (Array.isArray(message.tool_calls)) {
      if (message.tool_calls.length === 0) return fail("tool_calls is an empty list", message);
      const calls = objectsOf(message.tool_calls).map(readCall);
      const fault = calls.map(formFault).find((it) => it !== undefined);
      if (fault !== undefined) return fail(fault, message);
      if (choice.finish_reason !== "tool_calls") return fail("Another finish_reason", choice.finish_reason);
      return argumentsFinding(calls);
    }
    return isText(message.content) ? pass("Text") : fail("Neither text nor calls", message);
  },
};

const oneCallRule: WireRule = {
  id: "parallel-tool-calls-false",
  asks: "strict tools and parallel_tool_calls false are taken, and give one call",
  clients: ["autogen-ext 0.4+", "Agent Framework", "openai-node", "LangChain"],
  sends: 'one tool with strict, tool_choice "required", parallel_tool_calls false',
  source: `${AUTOGEN_EXT} (parallel_tool_calls); ${CHAT_REFERENCE}`,
  async check({ post }) {
    const more = { tools: [STRICT_BOOK_TOOL], tool_choice: "required", parallel_tool_calls: false };
    const calls = callsOf(await post(CHAT, withTools(more)));
    return calls.length === 1 ? argumentsFinding(calls) : fail(`${calls.length} calls`, calls);
  },
};

/** A turn after a call, as every client sends it. */
const resultMessages = (content: unknown) => [
  MEETING_QUESTION,
  {
    role: "assistant",
    content,
    tool_calls: [
      {
        id: "call_abcdefgh1",
        type: "function",
        function: { name: "book_meeting", arguments: '{"day":"tuesday","hour":10}' },
      },
    ],
  },
  { role: "tool", tool_call_id: "call_abcdefgh1", content: "Booked, room red." },
];

const resultRule: WireRule = {
  id: "tool-results",
  asks: "a conversation with calls and their results goes on",
  clients: ALL_CLIENTS,
  sends: "user, assistant with tool_calls and content null or empty, tool",
  source: "templates without a role for tools raise: infiniflow/ragflow#11021",
  async check({ post }) {
    for (const content of [null, ""]) {
      const reply = await post(
        CHAT,
        chat(resultMessages(content), { tools: [BOOK_TOOL], max_tokens: JSON_TOKENS }),
      );
      if (reply.status !== 200)
        return fail(`Refused with status ${reply.status} (content ${JSON.stringify(content)})`, told(reply));
      const { message } = firstChoice(reply);
      if (!isText(message.content) && objectsOf(message.tool_calls).length === 0)
        return fail("Neither text nor calls", message);
    }
    return pass("Answered with content null and empty");
  },
};

const unknownToolRule: WireRule = {
  id: "tool-choice-unknown",
  asks: "tool_choice of a function that was not given is refused",
  clients: ["openai-node", "autogen-ext 0.4+"],
  sends: "two tools, tool_choice {function: no_such_tool}",
  source: CHAT_REFERENCE,
  async check({ post }) {
    const choice = { type: "function", function: { name: "no_such_tool" } };
    const reply: Exchange = await post(CHAT, withTools({ tool_choice: choice, max_tokens: 32 }));
    if (isRefusal(reply)) return pass(`Status ${reply.status}`, told(reply));
    return reply.status === 200
      ? fail("It is ignored", firstChoice(reply).message)
      : fail(`Status ${reply.status}`, told(reply));
  },
};

const toolSchemaRule: WireRule = {
  id: "tool-schema-refused",
  asks: "a tool's schema that cannot be kept is refused, not ignored",
  clients: ALL_CLIENTS,
  sends: 'a tool whose day must not be "tuesday", asked for tuesday, tool_choice "required"',
  source: "ggml-org/llama.cpp#19051: unconstrained where the grammar failed",
  async check({ post }) {
    const schema = {
      ...MEETING_SCHEMA,
      properties: { ...MEETING_SCHEMA.properties, day: { type: "string", not: { const: "tuesday" } } },
    };
    const tool = { type: "function", function: { name: "book_meeting", parameters: schema } };
    const reply = await post(CHAT, withTools({ tools: [tool], tool_choice: "required" }));
    if (isRefusal(reply)) return pass(`Refused with ${reply.status}`, told(reply));
    if (reply.status !== 200) return fail(`Status ${reply.status}`, told(reply));
    const value = callsOf(reply)[0]?.value;
    const fault = schemaFault(schema, value);
    return fault === undefined
      ? skip("The call keeps the schema; whether it had to cannot be seen")
      : fail(`Status 200, and the call breaks the schema: ${shown(fault)}`, value);
  },
};

export const TOOL_RULES = [
  requiredRule,
  finishRule,
  argumentsRule,
  objectRule,
  noneRule,
  autoRule,
  oneCallRule,
  resultRule,
  unknownToolRule,
  toolSchemaRule,
] as const;
