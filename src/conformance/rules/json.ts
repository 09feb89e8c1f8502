/** Answers in JSON: what was asked for, or a refusal; never something else with status 200. */

import { firstChoice, isRefusal, textOf, told } from "../chat-reply.ts";
import { chatStream } from "../chat-stream.ts";
import { fail, note, pass, shown, skip } from "../evidence.ts";
import { isObject, isText, parseJson } from "../json-value.ts";
import { bySchema, chat, JSON_TOKENS, MEETING_SCHEMA, SCHEMA_REQUEST, user } from "../requests.ts";
import { schemaFault } from "../schema-check.ts";
import type { RuleFinding, WireRule } from "../wire-rule.ts";
import { AG2, AUTOGEN_EXT, CHAT_REFERENCE, OPENAI_NODE_PARSER } from "./sources.ts";

const CHAT = "/chat/completions";

const objectRule: WireRule = {
  id: "json-object",
  asks: 'response_format "json_object" gives one JSON object',
  clients: ["AutoGen 0.2", "AG2", "autogen-ext 0.4+", "LangChain", "AI SDK"],
  sends: 'a small object to repeat with response_format "json_object"',
  source: "lmstudio-ai/lmstudio-bug-tracker#189; microsoft/autogen PR #6588",
  async check({ post }) {
    const body = chat([user('Repeat this JSON: {"word": "river"}')], {
      response_format: { type: "json_object" },
      max_tokens: JSON_TOKENS,
    });
    const reply = await post(CHAT, body);
    // A model may run on until its budget ends; a server that says so has done its part.
    if (reply.status !== 200) return refusedOrFailed(reply, "json_object");
    const text = textOf(reply);
    if (isObject(parseJson(text))) return pass("An object", text);
    return firstChoice(reply).choice.finish_reason === "length"
      ? note('Cut off, told by finish_reason "length"', text)
      : fail("No JSON object", text);
  },
};

function refusedOrFailed(reply: Parameters<typeof told>[0], what: string): RuleFinding {
  const says = told(reply);
  return isRefusal(reply) && /max_tokens|budget|length|cut|trunc/i.test(says)
    ? note("The answer did not end within its budget, and the error says so", says)
    : fail(`${what} is refused with status ${reply.status}`, says);
}

const schemaRule: WireRule = {
  id: "json-schema",
  asks: 'response_format "json_schema" with strict gives JSON that follows the schema',
  clients: ["AG2", "autogen-ext 0.4+", "Agent Framework", "openai-node", "LangChain", "AI SDK"],
  sends: "a question for a day and an hour with its schema",
  source: `${AG2} and openai-python's parse() send it; ${OPENAI_NODE_PARSER}`,
  async check({ post }) {
    const reply = await post(CHAT, SCHEMA_REQUEST);
    if (reply.status !== 200) return refusedOrFailed(reply, "json_schema");
    return followed(textOf(reply));
  },
};

function followed(text: string): RuleFinding {
  const fault = schemaFault(MEETING_SCHEMA, parseJson(text));
  return fault === undefined ? pass("By the schema", text) : fail(`Not by the schema: ${shown(fault)}`, text);
}

const schemaStreamRule: WireRule = {
  id: "json-schema-stream",
  asks: "the same as a stream",
  clients: ["autogen-ext 0.4+", "openai-node", "LangChain", "AI SDK", "Agent Framework"],
  sends: "a question for a day and an hour with its schema, as a stream",
  source: `${AUTOGEN_EXT} (_create_stream_chunks_beta_client)`,
  check: async ({ post }) => followed(chatStream(await post(CHAT, { ...SCHEMA_REQUEST, stream: true })).text),
};

/** A schema that most grammars cannot express, with a question whose best answer breaks it. */
const REFUSABLE = [
  {
    keyword: "not",
    schema: { type: "string", not: { const: "yes" } },
    question: 'Answer with {"answer": "yes"} in JSON.',
  },
  {
    keyword: "pattern",
    schema: { type: "string", pattern: "^(?!yes)[A-Z]{3}-[0-9]{4}$" },
    question: 'Answer with {"answer": "yes"} in JSON.',
  },
] as const;

const refusableRule = ({ keyword, schema, question }: (typeof REFUSABLE)[number]): WireRule => {
  const whole = {
    type: "object",
    properties: { answer: schema },
    required: ["answer"],
    additionalProperties: false,
  };
  return {
    id: `schema-${keyword}`,
    asks: `a schema with "${keyword}" is kept or refused, never ignored`,
    clients: ["AG2", "autogen-ext 0.4+", "Agent Framework", "openai-node", "LangChain", "AI SDK"],
    sends: `a schema with "${keyword}", and a question whose answer breaks it`,
    source: "ggml-org/llama.cpp#19051: 200 without the grammar that failed",
    async check({ post }) {
      const reply = await post(CHAT, bySchema(whole, question));
      if (isRefusal(reply))
        return told(reply).includes(keyword)
          ? pass(`Refused with ${reply.status}, by name`, told(reply))
          : note(`Refused with ${reply.status}; the keyword is not named`, told(reply));
      if (reply.status !== 200) return fail(`Status ${reply.status}`, told(reply));
      const text = textOf(reply);
      const fault = schemaFault(whole, parseJson(text));
      return fault === undefined
        ? skip("The answer keeps the schema; whether it had to cannot be seen")
        : fail(`Status 200, and the answer breaks the schema: ${shown(fault)}`, text);
    },
  };
};

const nonsenseRule: WireRule = {
  id: "schema-nonsense",
  asks: "what is no JSON schema is refused",
  clients: ["AG2", "autogen-ext 0.4+", "openai-node"],
  sends: 'a schema of the type "strnig"',
  source: "ggml-org/llama.cpp#19051",
  async check({ post }) {
    const schema = { type: "object", properties: { answer: { type: "strnig" } }, required: ["answer"] };
    const reply = await post(CHAT, bySchema(schema, "Answer in JSON."));
    if (isRefusal(reply)) return pass(`Refused with ${reply.status}`, told(reply));
    return reply.status === 200
      ? fail("Status 200: answered without the schema", textOf(reply))
      : fail(`Status ${reply.status}`, told(reply));
  },
};

/** Twenty hours cannot be written in six tokens. */
const LONG_SCHEMA = {
  type: "object",
  properties: {
    hours: { type: "array", items: { type: "integer", minimum: 8, maximum: 18 }, minItems: 20, maxItems: 20 },
  },
  required: ["hours"],
  additionalProperties: false,
} as const;

const truncatedRule: WireRule = {
  id: "json-truncated",
  asks: 'JSON that its budget cuts off is an error, or told by finish_reason "length"',
  clients: ["autogen-ext 0.4+", "AG2", "openai-node", "LangChain", "AI SDK"],
  sends: "a schema of 20 numbers with max_tokens 6",
  source: `${OPENAI_NODE_PARSER} and openai-python's parse() raise on "length"; ${CHAT_REFERENCE}`,
  async check({ post }) {
    const reply = await post(CHAT, bySchema(LONG_SCHEMA, "Give twenty hours in JSON.", { max_tokens: 6 }));
    if (isRefusal(reply)) {
      const says = told(reply);
      return /max_tokens|max_completion_tokens|budget|token/i.test(says)
        ? pass(`Status ${reply.status} that names the budget`, says)
        : note(`Status ${reply.status} that does not name the budget`, says);
    }
    if (reply.status !== 200) return fail(`Status ${reply.status}`, told(reply));
    const { choice } = firstChoice(reply);
    const text = textOf(reply);
    if (schemaFault(LONG_SCHEMA, parseJson(text)) === undefined) return fail("max_tokens is ignored", text);
    return choice.finish_reason === "length"
      ? pass('Told by finish_reason "length"', text)
      : fail(`Cut off, and finish_reason is ${shown(choice.finish_reason)}`, text);
  },
};

const textRule: WireRule = {
  id: "format-text",
  asks: 'response_format "text" is taken',
  clients: ["AI SDK", "LangChain", "Agent Framework"],
  sends: 'the plain question with response_format "text"',
  source: CHAT_REFERENCE,
  async check({ post }) {
    const reply = await post(CHAT, chat([user("Hello.")], { response_format: { type: "text" } }));
    if (reply.status !== 200) return fail(`Refused with status ${reply.status}`, told(reply));
    return isText(textOf(reply)) ? pass("Answered") : note("The answer is empty");
  },
};

export const JSON_RULES = [
  objectRule,
  schemaRule,
  schemaStreamRule,
  ...REFUSABLE.map(refusableRule),
  nonsenseRule,
  truncatedRule,
  textRule,
] as const;
