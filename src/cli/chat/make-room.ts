/**
 * What becomes of old turns when the context is full. Turns leave whole and oldest first; the system text and the
 * text that is to be answered always stay; what cannot be made to fit is refused with the counts.
 */

import { AppError } from "../../errors.ts";
import type { Conversation, Turn } from "./conversation.ts";

/** "cut": as few as have to go. "compress": the older half, for a summary. "stop": none. */
export const WHEN_FULL = ["cut", "compress", "stop"] as const;
export type WhenFull = (typeof WHEN_FULL)[number];

export interface RoomNeed {
  readonly context: number;
  /** Tokens kept free for the answer. */
  readonly reserve: number;
  readonly whenFull: WhenFull;
  /** Tokens of the prompt that a conversation and the new text make. */
  count(conversation: Conversation): Promise<number>;
  /** A summary of at most so many tokens; undefined where there is none to be had. */
  summarise(turns: readonly Turn[], earlier: string | undefined, most: number): Promise<string | undefined>;
}

/** What was done, for the user. */
export interface RoomMade {
  readonly how: "cut" | "compress";
  /** Turns that the model is not given any more. */
  readonly turns: number;
  readonly tokensBefore: number;
  readonly tokensAfter: number;
}

/** A summary is a help for the memory, not a second conversation. */
const MOST_SUMMARY = 256;
/** In fewer tokens nothing is said. */
const LEAST_SUMMARY = 24;
/** What the template and "Earlier:" take beside the summary. */
const AROUND_SUMMARY = 24;

/**
 * Makes a conversation and the new text fit.
 * @throws CONTEXT_FULL with the counts, where they cannot or `whenFull` is "stop"
 */
export async function makeRoom(
  conversation: Conversation,
  need: RoomNeed,
): Promise<{ conversation: Conversation; made: RoomMade | undefined }> {
  const { context, reserve, whenFull, count } = need;
  const room = context - reserve;
  const tokensBefore = await count(conversation);
  if (tokensBefore <= room) return { conversation, made: undefined };
  const total = conversation.turns.length;
  const from = (start: number): Conversation => ({ ...conversation, from: start, earlier: undefined });
  const alone = await count(from(total));
  if (whenFull === "stop" || alone > room) throw tooLong({ ...need, tokens: tokensBefore, alone });

  const made = async (how: RoomMade["how"], next: Conversation) => ({
    conversation: next,
    made: {
      how,
      turns: next.from - conversation.from,
      tokensBefore,
      tokensAfter: await count(next),
    },
  });
  const firstThatFits = (most: number) =>
    leastThat(conversation.from, total, async (start) => (await count(from(start))) <= most);

  if (whenFull === "compress") {
    // Down to half of what there is beside the new text: a summary each turn would cost more than it keeps.
    const half = alone + Math.floor((room - alone) / 2);
    const start = await firstThatFits(half);
    const kept = await count(from(start));
    const most = Math.min(MOST_SUMMARY, Math.floor(context / 8), room - kept - AROUND_SUMMARY);
    if (most >= LEAST_SUMMARY) {
      const gone = conversation.turns.slice(conversation.from, start);
      const earlier = await need.summarise(gone, conversation.earlier, most);
      const next = { ...from(start), earlier };
      if (earlier !== undefined && (await count(next)) <= room) return made("compress", next);
    }
  }
  return made("cut", from(await firstThatFits(room)));
}

/** The smallest number of [from, to] that a condition holds for; it holds for `to`, and from there on down. */
async function leastThat(from: number, to: number, holds: (at: number) => Promise<boolean>): Promise<number> {
  // Counting renders a template, which may take a process: so by halves.
  let [low, high] = [from, to];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (await holds(middle)) high = middle;
    else low = middle + 1;
  }
  return high;
}

function tooLong({
  context,
  reserve,
  tokens,
  alone,
}: RoomNeed & { tokens: number; alone: number }): AppError {
  const details = { promptTokens: tokens, reserve, context };
  if (alone <= context - reserve)
    return new AppError(
      "CONTEXT_FULL",
      `The conversation has ${tokens} tokens with this text, ${reserve} are kept for the answer, and the context holds ${context}.`,
      {
        hint: "/clear begins anew, /undo takes turns back; --when-full compress makes room by itself.",
        details,
      },
    );
  return new AppError(
    "CONTEXT_FULL",
    `This text and the system text have ${alone} tokens, ${reserve} are kept for the answer, and the context holds ${context}.`,
    { hint: "Shorten it, keep less with --reserve, or begin with a larger --context.", details },
  );
}
