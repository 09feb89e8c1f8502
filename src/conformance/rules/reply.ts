/** The form of a plain reply. */

import { firstChoice, okJson } from "../chat-reply.ts";
import { fail, note, pass } from "../evidence.ts";
import { at, isCount, isObject, isText } from "../json-value.ts";
import { PLAIN } from "../requests.ts";
import { ALL_CLIENTS, type WireRule } from "../wire-rule.ts";
import { AG2, AUTOGEN_02, AUTOGEN_EXT, CHAT_REFERENCE } from "./sources.ts";

const CHAT = "/chat/completions";
const REASONS = ["stop", "length", "tool_calls", "content_filter"];

const formRule: WireRule = {
  id: "reply-form",
  asks: "a reply has id, object, created, one choice with role, content and finish_reason",
  clients: ALL_CLIENTS,
  sends: "the plain question",
  source: CHAT_REFERENCE,
  async check({ post }) {
    const reply = await post(CHAT, PLAIN);
    const json = okJson(reply);
    const { choice, message } = firstChoice(reply);
    const faults = [
      reply.contentType !== "application/json" && "the content type is not application/json",
      !isText(json.id) && "id is no text",
      json.object !== "chat.completion" && 'object is not "chat.completion"',
      !isCount(json.created) && "created is no whole number",
      (json.choices as readonly unknown[]).length !== 1 && "there is more than one choice",
      choice.index !== 0 && "index is not 0",
      message.role !== "assistant" && 'role is not "assistant"',
      typeof message.content !== "string" && "content is no text",
      !REASONS.includes(choice.finish_reason as string) && "finish_reason is none that clients know",
    ].filter((fault) => fault !== false);
    return faults.length > 0 ? fail(faults.join("; "), json) : pass("All fields are there");
  },
};

const usageRule: WireRule = {
  id: "usage",
  asks: "usage counts prompt and completion, and total_tokens is their sum",
  clients: ["AutoGen 0.2", "AG2", "autogen-ext 0.4+", "Agent Framework", "LangChain"],
  sends: "the plain question",
  source: `${AG2} (get_usage)`,
  async check({ post }) {
    const { usage } = okJson(await post(CHAT, PLAIN));
    if (!isObject(usage)) return fail("There is no usage", usage);
    const { prompt_tokens: prompt, completion_tokens: completion, total_tokens: total } = usage;
    if (!isCount(prompt) || !isCount(completion) || !isCount(total))
      return fail("A count is no whole number", usage);
    if (prompt === 0) return fail("prompt_tokens is 0", usage);
    return prompt + completion === total
      ? pass(`${prompt} + ${completion} = ${total}`)
      : fail("total_tokens is not the sum", usage);
  },
};

const cachedRule: WireRule = {
  id: "cached-tokens",
  asks: "usage tells how many tokens of the prompt came from the cache",
  clients: ["Agent Framework", "LangChain", "AI SDK"],
  sends: "the plain question",
  source: CHAT_REFERENCE,
  async check({ post }) {
    const usage = at(okJson(await post(CHAT, PLAIN)), "usage");
    const cached = at(usage, "prompt_tokens_details", "cached_tokens");
    if (cached === undefined) return note("prompt_tokens_details.cached_tokens is not told");
    const prompt = at(usage, "prompt_tokens");
    return isCount(cached) && isCount(prompt) && cached <= prompt
      ? pass(`${cached} of ${prompt}`)
      : fail("cached_tokens is no part of prompt_tokens", usage);
  },
};

const echoRule: WireRule = {
  id: "model-echo",
  asks: "model in the reply is the id that was asked for",
  clients: ["autogen-ext 0.4+", "AutoGen 0.2"],
  sends: "the plain question",
  source: `${AUTOGEN_EXT} (_resolved_model); AutoGen 0.2 looks up its price by it`,
  async check({ post, model }) {
    const json = okJson(await post(CHAT, PLAIN));
    return json.model === model ? pass("The same id") : fail("Another id than the one asked for", json.model);
  },
};

const functionCallRule: WireRule = {
  id: "no-function-call",
  asks: "function_call is absent or null",
  clients: ["autogen-ext 0.4+", "AutoGen 0.2"],
  sends: "the plain question",
  source: `${AUTOGEN_EXT} raises ValueError`,
  async check({ post }) {
    const { message } = firstChoice(await post(CHAT, PLAIN));
    const call = message.function_call;
    if (call === undefined || call === null) return pass(call === null ? "null" : "absent");
    return fail("function_call is not null", message);
  },
};

const emptyCallsRule: WireRule = {
  id: "no-empty-tool-calls",
  asks: "an answer without calls has no tool_calls at all",
  clients: ["AutoGen 0.2", "autogen-ext 0.4+", "AG2"],
  sends: "the plain question",
  source: `microsoft/autogen#3120, #3185, #5814; vllm-project/vllm#6432; ${AUTOGEN_02}`,
  async check({ post }) {
    const { message } = firstChoice(await post(CHAT, PLAIN));
    const calls = message.tool_calls;
    if (calls === undefined || calls === null) return pass(calls === null ? "null" : "absent");
    return Array.isArray(calls) && calls.length === 0
      ? fail("tool_calls is an empty list, which is taken for a call", message)
      : fail("There are calls, though no tool was given", message);
  },
};

export const REPLY_RULES = [
  formRule,
  usageRule,
  cachedRule,
  echoRule,
  functionCallRule,
  emptyCallsRule,
] as const;
