/** Clients that leave, and clients that come at the same time. */

import { textOf } from "../chat-reply.ts";
import { chatStream } from "../chat-stream.ts";
import { fail, note, pass, skip } from "../evidence.ts";
import { LONG, PLAIN, PLAIN_STREAM } from "../requests.ts";
import type { ConformanceSession } from "../session.ts";
import { ALL_CLIENTS, type RuleFinding, type WireRule } from "../wire-rule.ts";

const CHAT = "/chat/completions";
/** Long enough that the answer has begun, short enough that it has not ended. */
const LEAVE_MS = 250;

const streamRule: WireRule = {
  id: "disconnect-stream",
  asks: "a client that leaves a stream costs the next one nothing",
  clients: ALL_CLIENTS,
  sends: "a long task as a stream, left at its first bytes; then the plain question",
  source: "ggml-org/llama.cpp#4911, #15232; oobabooga/text-generation-webui#4521",
  check: (session) =>
    nextAfter(session, { ...LONG, stream: true }, { leaveAfterBytes: 1, leaveAfterMs: LEAVE_MS * 20 }),
};

const plainRule: WireRule = {
  id: "disconnect-plain",
  asks: "a client that leaves a plain request costs the next one nothing",
  clients: ALL_CLIENTS,
  sends: `a long task, left after ${LEAVE_MS} ms; then the plain question`,
  source: "ggml-org/llama.cpp#15232",
  check: (session) => nextAfter(session, LONG, { leaveAfterMs: LEAVE_MS }),
};

async function nextAfter(
  { send, post, target, headers, model }: ConformanceSession,
  task: object,
  leave: { leaveAfterBytes?: number; leaveAfterMs: number },
): Promise<RuleFinding> {
  const alone = await post(CHAT, PLAIN);
  const url = `${target.base}${CHAT}`;
  const left = await send({
    method: "POST",
    url,
    headers,
    body: JSON.stringify({ model, ...task }),
    ...leave,
  });
  if (left.end === "whole") return skip("The long task had ended already");
  // A question of its own: one that was asked before may come from a cache.
  const next = await send({
    method: "POST",
    url,
    headers,
    body: JSON.stringify({ model, ...PLAIN, seed: 11 }),
  });
  textOf(next);
  const times = `${seconds(next.milliseconds)} after, ${seconds(alone.milliseconds)} alone`;
  // Ten times and some seconds more is no noise: the task that nobody waits for is still computed.
  return next.milliseconds > 10 * alone.milliseconds + 5_000
    ? note(`The next answer came late: ${times}`)
    : pass(`The next answer took ${times}`);
}

const seconds = (milliseconds: number) => `${(milliseconds / 1_000).toFixed(2)} s`;

const twoRule: WireRule = {
  id: "two-at-once",
  asks: "two requests at once are both answered whole",
  clients: ALL_CLIENTS,
  sends: "a long task as a stream, and the plain question meanwhile",
  source: "abetlen/llama-cpp-python#867, #897: interrupt_requests cuts the first",
  async check({ post }) {
    const [long, plain] = await Promise.all([
      post(CHAT, { ...LONG, max_tokens: 48, stream: true }),
      post(CHAT, { ...PLAIN, seed: 12 }),
    ]);
    const { finishReasons } = chatStream(long);
    if (finishReasons.length !== 1) return fail("The stream ended without a finish_reason", finishReasons);
    if (!long.stream.events.some(({ data }) => data === "[DONE]")) return fail("The stream was cut off");
    textOf(plain);
    return pass("Both");
  },
};

const mixRule: WireRule = {
  id: "no-mixed-up-replies",
  asks: "four greedy requests at once get what each gets alone",
  clients: ALL_CLIENTS,
  sends: "four questions, each alone and all together",
  source: "a server with slots must not give one the other's text",
  async check({ post }) {
    const bodies = ["river", "stone", "apple", "window"].map((word) => ({
      ...PLAIN_STREAM,
      messages: [{ role: "user", content: `Please repeat the word: "${word}"` }],
    }));
    const alone: string[] = [];
    for (const body of bodies) alone.push(chatStream(await post(CHAT, body)).text);
    const together = await Promise.all(bodies.map((body) => post(CHAT, body, { again: 1 })));
    const texts = together.map((reply) => chatStream(reply).text);
    const swapped = texts.findIndex((text, i) => text !== alone[i] && alone.includes(text));
    if (swapped >= 0) return fail("A request got another one's answer", [alone[swapped], texts[swapped]]);
    const same = texts.filter((text, i) => text === alone[i]).length;
    return same === texts.length
      ? pass("The same texts")
      : note(`${same} of ${texts.length} texts are the same: batches change greedy answers here`);
  },
};

export const DISCONNECT_RULES = [streamRule, plainRule, twoRule, mixRule] as const;
