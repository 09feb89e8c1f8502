/** Everything that the soak's clients do, as data: how often, and what may come of it. */

import { setTimeout as delay } from "node:timers/promises";
import { inventedWord, type KnownReplies, type KnownReply } from "./known-replies.ts";
import { chatHead, rawRequest } from "./raw-request.ts";
import { postJson, postStream, type Reply, send } from "./server-client.ts";

export interface ClassTools {
  readonly url: string;
  readonly known: KnownReplies;
  /** Ids, aliases and "auto". */
  readonly names: readonly string[];
  readonly random: () => number;
}

/** Undefined: as it should be. "lost": the model's process went. Anything else is what was wrong. */
export type Finding = undefined | "lost" | string;

export interface RequestClass {
  readonly id: string;
  /** How often it is picked, among the sum of all; whole. */
  readonly weight: number;
  readonly run: (tools: ClassTools) => Promise<Finding>;
}

const pick = <T>(from: readonly T[], random: () => number): T => from[Math.floor(random() * from.length)]!;

/** What aliases of this soak end with. */
export const ALIAS = /-alias$/;

const CHAT = "/v1/chat/completions";
/** Characters of a reply that a finding quotes. */
const SHOWN = 200;

/** What an answer to a known prompt should be: the text that the model that answered gives alone. */
export function judgeKnown(reply: Reply, { texts }: KnownReply, text: string): Finding {
  if (reply.error === "runner_lost") return "lost";
  if (reply.status !== 200 || reply.error !== undefined) return unexpected(reply);
  if (reply.isWhole === false) return "the stream ended without [DONE] and without an error";
  const model = reply.headers.get("x-assay-model") ?? "";
  if (text === texts[model]) return undefined;
  return `${model} answered ${JSON.stringify(text)} in place of ${JSON.stringify(texts[model])}`;
}

/** An error that is meant to come. */
export function judgeRefusal(reply: Reply, status: number, error: string): Finding {
  if (reply.error === "runner_lost") return "lost";
  return reply.status === status && reply.error === error ? undefined : unexpected(reply);
}

function unexpected({ status, error, text }: Reply): string {
  return `status ${status}, error ${error}: ${text.slice(0, SHOWN)}`;
}

async function known(
  { url, known: lists, names, random }: ClassTools,
  { of, pauseMs }: { of: "chats" | "completions"; pauseMs?: number },
): Promise<Finding> {
  const name = pick(names, random);
  const one = pick(lists[of][name.replace(ALIAS, "")]!, random);
  const body = { ...one.body, model: name };
  if (pauseMs === undefined) {
    const reply = await postJson(url, one.path, body);
    return judgeKnown(reply, one, textOf(reply));
  }
  const reply = await postStream(url, one.path, body, { pauseMs });
  return judgeKnown(reply, one, reply.text);
}

function textOf({ body }: Reply): string {
  const choice = (body as { choices?: { text?: string; message?: { content?: string } }[] }).choices?.[0];
  return choice?.message?.content ?? choice?.text ?? "";
}

/** The only word that the grammar of this request allows: no other request's answer can have it. */
function wordSchema(word: string) {
  return {
    type: "object",
    properties: { word: { type: "string", enum: [word] } },
    required: ["word"],
    additionalProperties: false,
  };
}

function judgeWord(reply: Reply, text: string | undefined, word: string): Finding {
  if (reply.error === "runner_lost") return "lost";
  if (reply.status !== 200) return unexpected(reply);
  const answered = JSON.stringify(JSON.parse(text ?? "null"));
  return answered === JSON.stringify({ word })
    ? undefined
    : `answered ${answered} where only ${word} is allowed`;
}

async function tools({ url, names, random }: ClassTools): Promise<Finding> {
  const word = inventedWord(random) + inventedWord(random);
  const reply = await postJson(url, CHAT, {
    ...{ model: pick(names, random), temperature: 0, max_tokens: 200, tool_choice: "required" },
    ...{ parallel_tool_calls: false, messages: [{ role: "user", content: `Say the word ${word}.` }] },
    tools: [{ type: "function", function: { name: "say", parameters: wordSchema(word) } }],
  });
  type Calls = { choices?: { message: { tool_calls?: { function: { arguments: string } }[] } }[] };
  const call = (reply.body as Calls).choices?.[0]?.message.tool_calls?.[0];
  return judgeWord(reply, call?.function.arguments, word);
}

async function jsonSchema({ url, names, random }: ClassTools): Promise<Finding> {
  const word = inventedWord(random) + inventedWord(random);
  const reply = await postJson(url, CHAT, {
    ...{ model: pick(names, random), temperature: 0, max_tokens: 200 },
    messages: [{ role: "user", content: `Say the word ${word} as JSON.` }],
    response_format: {
      type: "json_schema",
      json_schema: { name: "word", strict: true, schema: wordSchema(word) },
    },
  });
  return judgeWord(reply, textOf(reply), word);
}

/** Goes on until it is stopped: the token that ends an answer is out of reach. */
const endless = (model: string, random: () => number) => ({
  ...{ model, max_tokens: 1_000, temperature: 1, logit_bias: { 2: -100 }, seed: Math.floor(random() * 1e6) },
  messages: [{ role: "user", content: `Tell me about ${inventedWord(random)}.` }],
});

async function abortStream({ url, names, random }: ClassTools): Promise<Finding> {
  const leaving = new AbortController();
  const body = { ...endless(pick(names, random), random), stream: true };
  const reply = await send(url, CHAT, body, { signal: leaving.signal });
  const reader = reply.body!.pipeThrough(new TextDecoderStream()).getReader();
  let seen = "";
  try {
    const pieces = 2 + Math.floor(random() * 8);
    for (let piece = 0; piece < pieces; piece++) {
      const { value, done } = await reader.read();
      if (done) break;
      seen += value;
    }
  } finally {
    leaving.abort();
    await reader.cancel().catch(() => undefined);
  }
  if (/"code":"runner_lost"/.test(seen)) return "lost";
  return reply.status === 200 && !/"error":/.test(seen)
    ? undefined
    : `status ${reply.status}: ${seen.slice(0, SHOWN)}`;
}

/** Whether the reply was quicker than we were to leave matters to nobody. */
async function leaveEarly({ url, names, random }: ClassTools): Promise<Finding> {
  const signal = AbortSignal.timeout(1 + Math.floor(random() * 40));
  await send(url, CHAT, endless(pick(names, random), random), { signal }).then(
    (reply) => reply.body?.cancel(),
    () => undefined,
  );
  return undefined;
}

async function garbage({ url, random }: ClassTools): Promise<Finding> {
  const wrong: (readonly [send: () => Promise<string>, expected: RegExp])[] = [
    [async () => status(await send(url, CHAT, '{"model": "lab-moe", "messages": [')), /^400$/],
    [async () => status(await send(url, CHAT, { model: 7, messages: "hello", n: "many" })), /^400$/],
    [
      async () =>
        status(
          await send(url, CHAT, { model: "lab-moe", messages: [{ role: "user", content: "x" }], bogus: 1 }),
        ),
      /^400$/,
    ],
    [async () => status(await fetch(url + CHAT)), /^405$/],
    [async () => status(await fetch(`${url}/v1/${"x".repeat(300)}`)), /^404$/],
    [
      () => rawRequest(url, chatHead(8 * 2 ** 20) + " ".repeat(6 * 2 ** 20), 5_000),
      /^(HTTP\/1\.1 413 .*)?$/s,
    ],
    [() => rawRequest(url, "\u0000\u0001 no HTTP at all\r\n\r\n"), /^HTTP\/1\.1 400 /],
    // Half a request, then silence.
    [() => rawRequest(url, `${chatHead(1_000)}{"model":`, 500 + random() * 2_000), /^$/],
  ];
  const [run, expected] = pick(wrong, random);
  const answer = await run();
  return expected.test(answer) ? undefined : `${expected} was expected, and ${answer.slice(0, SHOWN)} came`;
}

async function status(reply: Response): Promise<string> {
  await reply.text();
  return String(reply.status);
}

const short = (random: () => number) => [{ role: "user", content: inventedWord(random) }];

/** All classes. */
export const REQUEST_CLASSES: readonly RequestClass[] = [
  { id: "chat", weight: 6, run: (given) => known(given, { of: "chats" }) },
  { id: "stream", weight: 6, run: (given) => known(given, { of: "chats", pauseMs: 0 }) },
  { id: "completion from ids", weight: 4, run: (given) => known(given, { of: "completions" }) },
  { id: "tools", weight: 2, run: tools },
  { id: "json schema", weight: 2, run: jsonSchema },
  { id: "abort a stream", weight: 3, run: abortStream },
  { id: "leave before the reply", weight: 3, run: leaveEarly },
  { id: "garbage", weight: 3, run: garbage },
  {
    id: "slow reader",
    weight: 2,
    run: (given) => known(given, { of: "chats", pauseMs: 20 + given.random() * 80 }),
  },
  {
    id: "too long a prompt",
    weight: 1,
    run: async ({ url, names, random }) =>
      judgeRefusal(
        await postJson(url, CHAT, {
          model: pick(names, random),
          messages: [{ role: "user", content: `${inventedWord(random)} `.repeat(4_000) }],
        }),
        400,
        "context_length_exceeded",
      ),
  },
  {
    id: "unknown model",
    weight: 1,
    run: async ({ url, random }) =>
      judgeRefusal(
        await postJson(url, CHAT, { model: `no-${inventedWord(random)}`, messages: short(random) }),
        404,
        "model_not_found",
      ),
  },
  {
    id: "deadline of 1 ms",
    weight: 1,
    run: async ({ url, names, random }) =>
      judgeRefusal(
        await postJson(url, CHAT, endless(pick(names, random), random), {
          headers: { "x-deadline-ms": "1" },
        }),
        504,
        "deadline",
      ),
  },
];

/** One class, by weight. */
export function pickClass(random: () => number): RequestClass {
  const each = REQUEST_CLASSES.flatMap((one) => Array.from({ length: one.weight }, () => one));
  return pick(each, random);
}

/** A pause as people and agents make it, so that connections come and go. */
export const pause = (random: () => number) => delay(random() * 50);
