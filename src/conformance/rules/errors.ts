/** Wrong requests: each is an error that says what is wrong, and the server lives on. */

import { errorOf, isRefusal, told } from "../chat-reply.ts";
import { fail, note, pass } from "../evidence.ts";
import type { Exchange } from "../http-exchange.ts";
import { isText } from "../json-value.ts";
import { PLAIN, QUESTION } from "../requests.ts";
import type { ConformanceSession } from "../session.ts";
import { ALL_CLIENTS, type RuleFinding, type WireRule } from "../wire-rule.ts";
import { CHAT_REFERENCE } from "./sources.ts";

const CHAT = "/chat/completions";
const NO_MODEL = "no-such-model-7f3a";

const unknownModelRule: WireRule = {
  id: "unknown-model",
  asks: "a model that there is not is a 404, never another model's answer",
  clients: ALL_CLIENTS,
  sends: `the plain question to ${NO_MODEL}`,
  source: "abetlen/llama-cpp-python: llama_cpp/server/model.py takes the default; lmstudio-bug-tracker#1217",
  async check({ post }) {
    const reply = await post(CHAT, { ...PLAIN, model: NO_MODEL });
    if (reply.status === 200) return fail("Another model answers in its name", reply.text);
    if (reply.status === 404) return refusal(reply);
    return isRefusal(reply) ? note(`Status ${reply.status} in place of 404`, told(reply)) : refusal(reply);
  },
};

const shapeRule: WireRule = {
  id: "error-form",
  asks: "an error is {error: {message, type, param, code}}",
  clients: ["openai-node", "LangChain", "AI SDK", "AutoGen 0.2", "Agent Framework"],
  sends: `the plain question to ${NO_MODEL}`,
  source: "openai/openai-node: src/core/error.ts",
  async check({ post }) {
    const reply = await post(CHAT, { ...PLAIN, model: NO_MODEL });
    const found = errorOf(reply);
    if (found === undefined) return fail("There is no error.message", reply.text);
    const missing = ["type", "param", "code"].filter((key) => !Object.hasOwn(found.error, key));
    return missing.length === 0
      ? pass("All four", found.error)
      : note(`Without ${missing.join(", ")}`, found.error);
  },
};

/** A refusal that people can act on. */
function refusal(reply: Exchange): RuleFinding {
  if (!isRefusal(reply)) return fail(`Status ${reply.status}`, told(reply));
  const error = errorOf(reply);
  return error === undefined
    ? fail(`Status ${reply.status} without an error object`, reply.text)
    : pass(`Status ${reply.status}`, error.message);
}

interface WrongRequest {
  readonly id: string;
  readonly asks: string;
  readonly sends: string;
  readonly body: (model: string) => string;
}

const WRONG_REQUESTS: readonly WrongRequest[] = [
  {
    id: "broken-json",
    asks: "a body that is no JSON is a 400 with an error object",
    sends: '{"model": "…", "messages": [',
    body: (model) => `{"model": ${JSON.stringify(model)}, "messages": [`,
  },
  {
    id: "no-messages",
    asks: "a body without messages is refused with an error object",
    sends: '{"model": "…"}',
    body: (model) => JSON.stringify({ model }),
  },
  {
    id: "wrong-types",
    asks: "fields of wrong types are refused with an error object, not a status 500",
    sends: 'messages: "hello", temperature: "hot"',
    body: (model) => JSON.stringify({ model, messages: "hello", temperature: "hot" }),
  },
  {
    id: "out-of-range",
    asks: "a temperature of -1 is refused, not used",
    sends: "the plain question with temperature -1",
    body: (model) => JSON.stringify({ model, messages: [QUESTION], temperature: -1, max_tokens: 4 }),
  },
  {
    id: "unknown-role",
    asks: "a role that there is not is refused with an error object",
    sends: 'a message of the role "narrator"',
    body: (model) =>
      JSON.stringify({ model, messages: [{ role: "narrator", content: "Hello." }], max_tokens: 4 }),
  },
];

const wrongRule = ({ body, ...facts }: WrongRequest): WireRule => ({
  ...facts,
  clients: ALL_CLIENTS,
  source: CHAT_REFERENCE,
  async check(session) {
    const reply = await sendText(session, body(session.model));
    return reply.status === 200 ? fail("It is answered", reply.text) : refusal(reply);
  },
});

const contentTypeRule: WireRule = {
  id: "content-type",
  asks: "a body that is not application/json is refused: any web page could send it",
  clients: [],
  sends: "the plain question as text/plain",
  source: "Fetch standard: text/plain needs no preflight",
  async check(session) {
    const reply = await sendText(session, JSON.stringify({ model: session.model, ...PLAIN }), "text/plain");
    return reply.status === 200
      ? note("It is answered: a page in the user's browser may use a server without a key")
      : refusal(reply);
  },
};

function sendText(
  { send, target, headers }: ConformanceSession,
  body: string,
  type = "application/json",
): Promise<Exchange> {
  const url = `${target.base}${CHAT}`;
  return send({ method: "POST", url, headers: { ...headers, "content-type": type }, body });
}

const streamErrorRule: WireRule = {
  id: "stream-refusal",
  asks: "a stream that is refused is an HTTP error, not a stream with status 200",
  clients: ALL_CLIENTS,
  sends: `the plain question as a stream to ${NO_MODEL}`,
  source: "clients raise by the status before they read a stream",
  async check({ post }) {
    const reply = await post(CHAT, { ...PLAIN, stream: true, model: NO_MODEL });
    if (reply.status === 200) return fail("Status 200", reply.text);
    return isText(reply.contentType) && reply.contentType === "text/event-stream"
      ? fail("The error is sent as a stream", reply.text)
      : refusal(reply);
  },
};

export const ERROR_RULES = [
  unknownModelRule,
  shapeRule,
  ...WRONG_REQUESTS.map(wrongRule),
  contentTypeRule,
  streamErrorRule,
] as const;
