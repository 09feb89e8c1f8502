/** Log-probabilities, in both forms, and /v1/completions. */

import { choicesOf, firstChoice, isRefusal, okJson, told } from "../chat-reply.ts";
import { fail, note, pass } from "../evidence.ts";
import { at, isObject, isText, objectsOf } from "../json-value.ts";
import { PLAIN } from "../requests.ts";
import { ALL_CLIENTS, type WireRule } from "../wire-rule.ts";
import { AUTOGEN_02, AUTOGEN_EXT, CHAT_REFERENCE } from "./sources.ts";

const TOP = 3;

const chatRule: WireRule = {
  id: "logprobs",
  asks: "logprobs are a list of tokens with logprob, bytes and top_logprobs, or refused",
  clients: ["autogen-ext 0.4+", "LangChain", "openai-node"],
  sends: `the plain question with logprobs and top_logprobs ${TOP}`,
  source: `${AUTOGEN_EXT} (choice.logprobs.content)`,
  async check({ post }) {
    const reply = await post("/chat/completions", { ...PLAIN, logprobs: true, top_logprobs: TOP });
    if (isRefusal(reply)) return note("logprobs are refused", told(reply));
    const { choice } = firstChoice(reply);
    const list = at(choice, "logprobs", "content");
    if (!Array.isArray(list) || list.length === 0) return fail("logprobs are ignored", choice);
    const bad = objectsOf(list).find((token) => !isToken(token) || !isTop(token.top_logprobs));
    if (bad !== undefined) return fail("A token is not of the form", bad);
    return pass(
      `${list.length} tokens with ${objectsOf(list)[0]?.top_logprobs === undefined ? 0 : TOP} others`,
    );
  },
};

function isToken(token: unknown): boolean {
  const { token: text, logprob, bytes } = isObject(token) ? token : {};
  const isBytes = bytes === null || (Array.isArray(bytes) && bytes.every((byte) => Number.isInteger(byte)));
  return typeof text === "string" && isLog(logprob) && isBytes;
}

function isTop(top: unknown): boolean {
  return Array.isArray(top) && top.length <= TOP && top.every(isToken);
}

/** Of a probability; rounding may lift a certain token a little over 0. */
function isLog(value: unknown): boolean {
  return typeof value === "number" && Number.isFinite(value) && value < 1e-3;
}

const COMPLETION = { prompt: "The river runs to the", temperature: 0, max_tokens: 8 };

const completionRule: WireRule = {
  id: "completions",
  asks: "/v1/completions goes on with a text",
  clients: ["AutoGen 0.2", "AG2", "LangChain"],
  sends: "a prompt to /v1/completions",
  source: `${AUTOGEN_02}: requests with prompt in place of messages`,
  async check({ post }) {
    const reply = await post("/completions", COMPLETION);
    if (reply.status === 404) return note("There is no /v1/completions", told(reply));
    const json = okJson(reply);
    const choice = choicesOf(reply)[0]!;
    if (json.object !== "text_completion") return fail('object is not "text_completion"', json.object);
    if (typeof choice.text !== "string") return fail("The choice has no text", choice);
    return isText(choice.finish_reason) ? pass("A text", choice.text) : fail("No finish_reason", choice);
  },
};

const completionLogprobsRule: WireRule = {
  id: "completions-logprobs",
  asks: "logprobs of /v1/completions are four lists of one length, or refused",
  clients: ["LangChain"],
  sends: `a prompt to /v1/completions with logprobs ${TOP}`,
  source: "OpenAI API reference: create completion",
  async check({ post }) {
    const reply = await post("/completions", { ...COMPLETION, logprobs: TOP });
    if (isRefusal(reply)) return note("They are refused, or there is no /v1/completions", told(reply));
    const logprobs = choicesOf(reply)[0]?.logprobs;
    if (!isObject(logprobs)) return fail("logprobs are ignored", reply.text);
    const lengths = ["tokens", "token_logprobs", "top_logprobs", "text_offset"].map((key) => {
      const list = logprobs[key];
      return Array.isArray(list) ? list.length : -1;
    });
    return lengths[0]! > 0 && lengths.every((length) => length === lengths[0])
      ? pass(`${lengths[0]} tokens`)
      : fail(
          "The lists tokens, token_logprobs, top_logprobs and text_offset are not of one length",
          logprobs,
        );
  },
};

const idsRule: WireRule = {
  id: "completions-several",
  asks: "several prompts in one request give a choice each",
  clients: ["LangChain"],
  sends: "two prompts to /v1/completions",
  source: "langchain-ai/langchainjs: the OpenAI class sends its prompts in batches",
  async check({ post }) {
    const reply = await post("/completions", { ...COMPLETION, prompt: ["The river", "The stone"] });
    if (isRefusal(reply)) return note("They are refused, or there is no /v1/completions", told(reply));
    const indices = choicesOf(reply).map(({ index }) => index);
    return indices.length === 2 && indices.includes(0) && indices.includes(1)
      ? pass("Choices 0 and 1")
      : fail("Not one choice for each prompt", indices);
  },
};

const biasRule: WireRule = {
  id: "logit-bias",
  asks: "logit_bias with ids as strings is taken, or refused by name",
  clients: ALL_CLIENTS,
  sends: 'the plain question with logit_bias {"5": -100}',
  source: CHAT_REFERENCE,
  async check({ post }) {
    const reply = await post("/chat/completions", { ...PLAIN, logit_bias: { "5": -100 } });
    if (reply.status === 200) return pass("Taken");
    return isRefusal(reply) && told(reply).includes("logit_bias")
      ? note("Refused by name", told(reply))
      : fail(`Status ${reply.status}`, told(reply));
  },
};

export const LOGPROB_RULES = [chatRule, completionRule, completionLogprobsRule, idsRule, biasRule] as const;
