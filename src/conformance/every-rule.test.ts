// Each rule that no known fault of a server is for can fail too: the right server's reply is spoilt in one place.

import { describe, expect, it } from "vitest";
import { fakeServer } from "../../test/support/fake-openai-server.ts";
import { isObject, type JsonObject, objectsOf } from "./json-value.ts";
import { runRules, selectRules } from "./run-rules.ts";
import { openSession } from "./session.ts";
import { readTarget } from "./target.ts";
import type { RuleRow } from "./wire-rule.ts";

interface Asked {
  readonly path: string;
  readonly body: JsonObject;
  readonly raw: string;
  readonly type: string;
}
/** A status to answer with, or the reply's text changed; undefined leaves the reply as it is. */
type Spoil = (asked: Asked, text: string) => number | string | undefined;

const spoilt =
  (spoil: Spoil): typeof fetch =>
  async (input, init) => {
    const raw = typeof init?.body === "string" ? init.body : "";
    const type = new Headers(init?.headers).get("content-type") ?? "";
    const asked = { path: new URL(String(input)).pathname, body: jsonOf(raw), raw, type };
    let text = "";
    let change: ReturnType<Spoil>;
    let reply: Response;
    try {
      reply = await fakeServer()(input, init);
      text = await reply.text();
    } finally {
      // Of a request that its client left, too.
      change = spoil(asked, text);
    }
    if (typeof change === "number")
      return new Response('{"error": {"message": "No."}}', {
        status: change,
        headers: { "content-type": "application/json" },
      });
    return new Response(change ?? text, {
      status: change === undefined ? reply.status : 200,
      headers: reply.headers,
    });
  };

function jsonOf(text: string): JsonObject {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : {};
  } catch {
    return {};
  }
}

async function rowOf(id: string, spoil: Spoil, key?: string): Promise<RuleRow | undefined> {
  const { signal } = new AbortController();
  const target = readTarget("http://fake.test/v1");
  const session = await openSession({ target, signal, key, fetch: spoilt(spoil) });
  for await (const row of runRules(session, selectRules([id]))) return row;
  return undefined;
}

const roles = ({ body }: Asked) => objectsOf(body.messages).map(({ role }) => role);
const isChat = ({ path }: Asked) => path.endsWith("/chat/completions");
const isResponses = ({ path }: Asked) => path.endsWith("/responses");
const isCompletions = ({ path }: Asked) => path === "/v1/completions";
const refuseWhen =
  (when: (asked: Asked) => boolean): Spoil =>
  (asked) =>
    when(asked) ? 400 : undefined;
/** What a server sends that does not look at what it was given. */
const ANSWER = JSON.stringify({
  id: "c",
  object: "chat.completion",
  created: 1,
  model: "fake-model",
  choices: [{ index: 0, message: { role: "assistant", content: "Yes." }, finish_reason: "stop" }],
  usage: { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 },
});
const answerWhen =
  (when: (asked: Asked) => boolean): Spoil =>
  (asked) =>
    when(asked) ? ANSWER : undefined;
/** Leaves what came before a client left as it is; whoever asks next gets an error. */
function failAfterLong(): Spoil {
  let long = false;
  return ({ raw }) => {
    if (long) return 500;
    long = raw.includes('"max_tokens":400');
    return undefined;
  };
}

const SPOILT: Readonly<Record<string, Spoil>> = {
  "model-by-id": ({ path }) => (path.startsWith("/v1/models/") ? '{"id": "another"}' : undefined),
  "unknown-address": ({ path }) => (/models|chat/.test(path) ? undefined : ANSWER),
  "key-required": () => undefined,
  "reply-form": (_asked, text) => text.replace('"role":"assistant"', '"role":"bot"'),
  "cached-tokens": (_asked, text) => text.replace('"cached_tokens":0', '"cached_tokens":9999'),
  "system-last": refuseWhen((asked) => roles(asked).at(-1) === "system"),
  "several-systems": refuseWhen((asked) => roles(asked).filter((role) => role === "system").length > 1),
  "assistant-first": refuseWhen((asked) => roles(asked)[0] === "assistant"),
  "assistant-last": refuseWhen((asked) => roles(asked).at(-1) === "assistant"),
  "common-fields": refuseWhen(({ body }) => "user" in body),
  "stream-usage-unasked": ({ body }, text) =>
    body.stream
      ? text.replace("data: [DONE]", 'data: {"id":"chatcmpl-1","choices":[]}\n\ndata: [DONE]')
      : undefined,
  "tool-choice-auto": (asked, text) =>
    isChat(asked) ? text.replace('"role":"assistant"', '"role":"assistant","tool_calls":[]') : undefined,
  "tool-choice-unknown": answerWhen(isChat),
  "tool-schema-refused": answerWhen(isChat),
  "stream-tool-finish": (_asked, text) =>
    text.replaceAll('"finish_reason":"tool_calls"', '"finish_reason":"stop"'),
  "json-schema-stream": (_asked, text) => text.replaceAll(/"content":"(?:[^"\\]|\\.)*"/g, '"content":"7"'),
  "schema-pattern": answerWhen(isChat),
  "schema-nonsense": answerWhen(isChat),
  "format-text": refuseWhen(({ body }) => "response_format" in body),
  completions: refuseWhen(isCompletions),
  "completions-logprobs": (_asked, text) => text.replace('"text_offset":[0,1,3]', '"text_offset":[0,1]'),
  "completions-several": (asked, text) => {
    if (!isCompletions(asked)) return undefined;
    const reply = jsonOf(text);
    return JSON.stringify({ ...reply, choices: objectsOf(reply.choices).slice(0, 1) });
  },
  "logit-bias": (asked) => ("logit_bias" in asked.body ? 500 : undefined),
  "broken-json": answerWhen(isChat),
  "no-messages": answerWhen(isChat),
  "out-of-range": answerWhen(isChat),
  "unknown-role": answerWhen(isChat),
  "content-type": answerWhen(({ type }) => type !== "application/json" && type !== ""),
  responses: (asked, text) => (isResponses(asked) ? text.replace('"total_tokens"', '"total"') : undefined),
  "responses-items": refuseWhen((asked) => isResponses(asked) && Array.isArray(asked.body.input)),
  "responses-function-result": refuseWhen((asked) => isResponses(asked) && Array.isArray(asked.body.input)),
  "responses-json-schema": (_asked, text) => text.replaceAll("friday", "sunday"),
  "responses-max-output-tokens": (_asked, text) =>
    text.replace('"status":"incomplete"', '"status":"completed"'),
  "responses-stream-call": (_asked, text) => text.replaceAll('\\"hour\\":10', '\\"hour\\":99'),
  "disconnect-stream": failAfterLong(),
  "disconnect-plain": failAfterLong(),
};

/** These are told and break no client. */
const NOTES = ["key-required", "stream-usage-unasked", "content-type"];

describe("a reply that is spoilt for", () => {
  it.each(Object.keys(SPOILT))("%s is seen by it", async (id) => {
    const key = id === "key-required" ? "a-key-of-this-test" : undefined;
    const row = await rowOf(id, SPOILT[id]!, key);
    expect(row, JSON.stringify(row)).toMatchObject({ id, status: NOTES.includes(id) ? "note" : "fail" });
  });
});
