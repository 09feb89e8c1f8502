/** Limits that a request sets: tokens, stop strings, choices; and that the context is one too. */

import { choicesOf, errorOf, firstChoice, isRefusal, okJson, textOf, told } from "../chat-reply.ts";
import { fail, note, pass, shown, skip } from "../evidence.ts";
import { at, isCount } from "../json-value.ts";
import { chat, LONG, PLAIN, user } from "../requests.ts";
import type { ConformanceSession } from "../session.ts";
import { ALL_CLIENTS, type RuleFinding, type WireRule } from "../wire-rule.ts";
import { AG2, CHAT_REFERENCE, OPENAI_NODE_PARSER } from "./sources.ts";

const CHAT = "/chat/completions";
const FEW = 4;

const limitRule = (field: "max_tokens" | "max_completion_tokens"): WireRule => ({
  id: field.replaceAll("_", "-"),
  asks: `${field} is kept, and finish_reason says "length" where it cut`,
  clients:
    field === "max_tokens"
      ? ["AutoGen 0.2", "AG2", "autogen-ext 0.4+"]
      : ["openai-node", "LangChain", "AI SDK"],
  sends: `a long task with ${field} ${FEW}`,
  source: `${CHAT_REFERENCE}; ${OPENAI_NODE_PARSER} decides by finish_reason`,
  async check({ post }) {
    const reply = await post(CHAT, { ...LONG, max_tokens: undefined, [field]: FEW });
    const { choice } = firstChoice(reply);
    const tokens = at(okJson(reply), "usage", "completion_tokens");
    if (!isCount(tokens)) return fail("completion_tokens is no whole number", tokens);
    if (tokens > FEW) return fail(`${tokens} tokens in place of at most ${FEW}`, choice);
    if (tokens === FEW && choice.finish_reason !== "length")
      return fail('The budget cut the answer, and finish_reason is not "length"', choice);
    return pass(`${tokens} tokens, finish_reason ${shown(choice.finish_reason)}`);
  },
});

const stopRule: WireRule = {
  id: "stop",
  asks: "the answer ends before a stop string, which is not part of it",
  clients: ["AutoGen 0.2", "AG2", "autogen-ext 0.4+", "LangChain", "AI SDK"],
  sends: "the plain question, then again with a piece of its answer as stop",
  source: CHAT_REFERENCE,
  async check({ post }) {
    const whole = textOf(await post(CHAT, PLAIN));
    const stop = middleOf(whole);
    if (stop === undefined) return skip("The answer is too short to stop in it");
    const reply = await post(CHAT, { ...PLAIN, stop: [stop] });
    const text = textOf(reply);
    const { choice } = firstChoice(reply);
    if (text.includes(stop)) return fail("The stop string stands in the answer", text);
    if (choice.finish_reason !== "stop" && whole.startsWith(text))
      return fail('finish_reason is not "stop"', choice);
    return whole.slice(0, whole.indexOf(stop)) === text
      ? pass(`It ends before ${shown(JSON.stringify(stop))}`)
      : note("The stop string is kept out, but the text before it differs from the first answer's", text);
  },
};

/** Three characters that do not begin the text. */
function middleOf(text: string): string | undefined {
  const characters = [...text];
  const from = Math.floor(characters.length / 2);
  const piece = characters.slice(from, from + 3).join("");
  return characters.length < 6 || text.indexOf(piece) === 0 ? undefined : piece;
}

const choicesRule: WireRule = {
  id: "n-choices",
  asks: "n 2 gives two choices, or is refused",
  clients: ["AutoGen 0.2", "AG2", "LangChain"],
  sends: "the plain question with n 2",
  source: `${AG2} (finish_reasons by choice.index)`,
  async check({ post }) {
    const reply = await post(CHAT, { ...PLAIN, n: 2, temperature: 1, seed: 1 });
    if (isRefusal(reply)) return note("n is refused", told(reply));
    const indices = choicesOf(reply).map(({ index }) => index);
    return indices.length === 2 && indices[0] === 0 && indices[1] === 1
      ? pass("Choices 0 and 1")
      : fail("n is ignored: not two choices with indices 0 and 1", indices);
  },
};

const greedyRule: WireRule = {
  id: "greedy-repeatable",
  asks: "temperature 0 with a seed gives the same text twice",
  clients: ALL_CLIENTS,
  sends: "the plain question with seed 7, twice",
  source: "ggml-org/llama.cpp#7052 tells when it does not",
  async check({ post }) {
    const body = { ...PLAIN, seed: 7 };
    const first = textOf(await post(CHAT, body));
    const second = textOf(await post(CHAT, body, { again: 1 }));
    return first === second ? pass("The same text") : fail("Two texts", `${first} | ${second}`);
  },
};

const seedRule: WireRule = {
  id: "seed",
  asks: "at temperature 1 one seed gives its text again",
  clients: ["AutoGen 0.2", "AG2", "autogen-ext 0.4+"],
  sends: "a free question with seed 7, twice",
  source: CHAT_REFERENCE,
  async check({ post }) {
    const body = chat([user("Tell me about the sea.")], { temperature: 1, seed: 7 });
    const first = textOf(await post(CHAT, body));
    const second = textOf(await post(CHAT, body, { again: 1 }));
    return first === second
      ? pass("The same text")
      : note("Two texts: runs cannot be repeated by their seed", `${first} | ${second}`);
  },
};

/** Words of prompts that grow; each is at least one token. */
const GROWING = [6_000, 48_000, 400_000] as const;
const WORD = "river ";

const overflowRule: WireRule = {
  id: "context-overflow",
  asks: "a prompt beyond the context is a 400 with the counts, never cut in silence",
  clients: ALL_CLIENTS,
  sends: "a prompt longer than the context",
  source: "ollama/ollama#3839, #4967; a decision from a context that was cut is worse than none",
  async check(session) {
    const { context } = session.listed ?? {};
    for (const words of context === undefined ? GROWING : [Math.ceil(1.2 * context) + 64]) {
      const finding = await overflow(session, words);
      if (finding !== undefined) return finding;
    }
    return skip(
      `A prompt of ${GROWING.at(-1)?.toLocaleString("en-US")} words was taken: the context is larger`,
    );
  },
};

/** Undefined: the whole prompt was taken. */
async function overflow(
  { post, listed }: ConformanceSession,
  words: number,
): Promise<RuleFinding | undefined> {
  const reply = await post(CHAT, chat([user(WORD.repeat(words))], { max_tokens: FEW }));
  if (reply.status === 413) return note("Refused by its size (413) before it was counted", told(reply));
  if (reply.status === 200) {
    const tokens = at(reply.json, "usage", "prompt_tokens");
    if (!isCount(tokens))
      return fail("It is answered, and usage does not tell how much was read", reply.text);
    if (tokens >= words && listed?.context === undefined) return undefined;
    if (tokens >= words) return note(`It is answered: ${tokens} tokens are more than the context told`);
    return fail(`It is answered from ${tokens} tokens of ${words} words: the prompt was cut in silence`);
  }
  const error = errorOf(reply);
  if (reply.status !== 400) return fail(`Status ${reply.status} in place of 400`, told(reply));
  if (error === undefined) return fail("400 without an error object", reply.text);
  const counts = error.message.match(/\d[\d,]*/g) ?? [];
  return counts.length >= 2
    ? pass("400 with the counts", error.message)
    : note("400 that does not tell how many tokens there are and fit", error.message);
}

export const BUDGET_RULES = [
  limitRule("max_tokens"),
  limitRule("max_completion_tokens"),
  stopRule,
  choicesRule,
  greedyRule,
  seedRule,
  overflowRule,
] as const;
