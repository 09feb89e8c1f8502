/**
 * Prompts whose greedy replies are known: asked beforehand, one at a time, of the same server. llama.cpp's logits move
 * in their last bits with who else is in the batch, and a near-tie then falls the other way; so a reply is asked for
 * only as far as the best token leads by a wide margin at every place. The end of a reply is a choice too, whose margin
 * no API tells: a reply that ended by itself is asked for one token shorter.
 */

import { createRandom } from "../../../src/random.ts";
import { postJson } from "./server-client.ts";

/** A request and what should come back. */
export interface KnownReply {
  readonly path: string;
  /** Fields of the request, without the model. */
  readonly body: Readonly<Record<string, unknown>>;
  /** By the id of the model that answers. */
  readonly texts: Readonly<Record<string, string>>;
}

export interface KnownReplies {
  /** For requests that name a model, by its id; and under "auto" those that are known of all models. */
  readonly chats: Readonly<Record<string, readonly KnownReply[]>>;
  /** The same for prompts of token ids. */
  readonly completions: Readonly<Record<string, readonly KnownReply[]>>;
  /** The least lead of any token of them, in nats. */
  readonly margin: number;
  readonly kept: number;
}

/** Nats: the better one is at least twice as probable. Batches move logits by hundredths. */
const MARGIN = 0.7;
const LONGEST = 20;
/** Shorter replies say little about whose they are. */
const SHORTEST = 3;
/** Prompts that are tried, and replies of each list that are enough. */
const CANDIDATES = 60;
const ENOUGH = 8;
/** With fewer, little could be mixed up. */
const LEAST = 3;

interface Candidate {
  readonly path: string;
  readonly body: Readonly<Record<string, unknown>>;
}

interface Reply {
  readonly text: string;
  readonly finish: string;
  /** The best one's lead over the second at each token, in nats. */
  readonly leads: readonly number[];
}

/** @throws if too few prompts of a list have wide margins and replies of their own */
export async function findKnownReplies(url: string, models: readonly string[]): Promise<KnownReplies> {
  const random = createRandom(1);
  const words = Array.from({ length: CANDIDATES }, () => inventedWord(random));
  const margins: number[] = [];
  const chats = await keep(url, models, margins, words, async (word) => ({
    path: "/v1/chat/completions",
    body: { messages: [{ role: "user", content: request(word) }] },
  }));
  const completions = await keep(url, models, margins, words, async (word) => {
    // As the bundled models' template writes it, so that the answer is one to a request here too.
    const content = `[INST] ${request(word)} [/INST]`;
    const fields = { model: models[0], content, add_special: true };
    const { body } = await postJson(url, "/tokenize", fields);
    return { path: "/v1/completions", body: { prompt: (body as { tokens: number[] }).tokens } };
  });
  const lists = [...Object.values(chats), ...Object.values(completions)];
  return {
    ...{ chats, completions },
    margin: Math.min(...margins),
    kept: lists.reduce((sum, list) => sum + list.length, 0),
  };
}

/** What both bundled models were trained to do, so that they are sure of it. */
const request = (word: string) => `Say "${word}" and nothing else.`;

/** Lists for each model and for "auto". */
async function keep(
  url: string,
  models: readonly string[],
  margins: number[],
  words: readonly string[],
  candidateOf: (word: string) => Promise<Candidate>,
): Promise<Record<string, KnownReply[]>> {
  const lists: Record<string, KnownReply[]> = Object.fromEntries(
    [...models, "auto"].map((name) => [name, []]),
  );
  const isFull = (name: string) => lists[name]!.length >= ENOUGH;
  for (const word of words) {
    if (Object.keys(lists).every(isFull)) break;
    const candidate = await candidateOf(word);
    const certain: number[] = [];
    for (const model of models) certain.push(certainTokens(await ask(url, candidate, model, LONGEST)));
    for (const name of Object.keys(lists).filter((it) => !isFull(it))) {
      const asked = name === "auto" ? models : [name];
      const tokens = Math.min(...asked.map((model) => certain[models.indexOf(model)]!));
      if (tokens < SHORTEST) continue;
      const replies: Reply[] = [];
      for (const model of asked) replies.push(await ask(url, candidate, model, tokens));
      const leads = replies.flatMap((reply) => reply.leads);
      const texts = Object.fromEntries(asked.map((model, at) => [model, replies[at]!.text]));
      // A reply that two prompts share would hide that they were mixed up.
      const isOwn = asked.every((model) =>
        lists[name]!.every((other) => other.texts[model] !== texts[model]),
      );
      const isSure = replies.every(({ finish, text }) => finish === "length" && !text.includes("\ufffd"));
      if (!isOwn || !isSure || Math.min(...leads) < MARGIN) continue;
      margins.push(...leads);
      lists[name]!.push({ path: candidate.path, body: { ...candidate.body, ...greedy(tokens) }, texts });
    }
  }
  for (const [name, list] of Object.entries(lists))
    if (list.length < LEAST) throw new Error(`only ${list.length} replies of ${name} are known for sure`);
  return lists;
}

/** Tokens from the beginning on that nothing but a wide margin decides. */
function certainTokens({ leads, finish }: Reply): number {
  const narrow = leads.findIndex((lead) => lead < MARGIN);
  return narrow === -1 ? leads.length - (finish === "length" ? 0 : 1) : narrow;
}

const greedy = (tokens: number) => ({ max_tokens: tokens, temperature: 0 });

async function ask(url: string, { path, body }: Candidate, model: string, tokens: number): Promise<Reply> {
  const isChat = path.includes("chat");
  const logprobs = isChat ? { logprobs: true, top_logprobs: 2 } : { logprobs: 2 };
  const reply = await postJson(url, path, { ...body, model, ...greedy(tokens), ...logprobs });
  if (reply.status !== 200)
    throw new Error(`asked alone, the server answered ${reply.status}: ${reply.text}`);
  const choice = (reply.body as { choices: Choice[] }).choices[0]!;
  const chances = isChat
    ? choice.logprobs.content!.map(({ top_logprobs }) => top_logprobs.map(({ logprob }) => logprob))
    : choice.logprobs.top_logprobs!.map((top) => Object.values(top));
  return {
    text: choice.message?.content ?? choice.text ?? "",
    finish: choice.finish_reason,
    leads: chances.map((two) => {
      const [best = 0, second = best] = two.toSorted((a, b) => b - a);
      return best - second;
    }),
  };
}

interface Choice {
  readonly message?: { readonly content: string };
  readonly text?: string;
  readonly finish_reason: string;
  readonly logprobs: {
    readonly content?: readonly { readonly top_logprobs: readonly { readonly logprob: number }[] }[];
    readonly top_logprobs?: readonly Readonly<Record<string, number>>[];
  };
}

/** Two or three open syllables: no word of the models' texts, so their replies differ. */
export function inventedWord(random: () => number): string {
  const pick = (letters: string) => letters[Math.floor(random() * letters.length)]!;
  const syllables = 2 + Math.floor(random() * 2);
  return Array.from({ length: syllables }, () => pick("bdfgklmnprstvz") + pick("aeiou")).join("");
}
