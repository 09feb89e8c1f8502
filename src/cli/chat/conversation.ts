/** What was said in a chat, and which part of it the model is still given. */

import type { AnswerMessage } from "../../answer/index.ts";

export interface Turn {
  readonly user: string;
  readonly assistant: string;
  /** The user stopped the answer; what was said until then is kept. */
  readonly stopped?: true | undefined;
}

export interface Conversation {
  readonly system: string | undefined;
  /** Everything that was said; nothing is dropped from here to make room. */
  readonly turns: readonly Turn[];
  /** The first turn that the model is given; those before it were cut, or are in `earlier`. */
  readonly from: number;
  /** The model's own summary of turns before `from`. */
  readonly earlier: string | undefined;
}

export const NEW_CONVERSATION: Conversation = { system: undefined, turns: [], from: 0, earlier: undefined };

/** Stands for the answer to a summary: templates want one, and it must not invite the model to go on about it. */
const NOTED = "Noted.";

/** What the model is given: system text, summary, the turns that are left, and the text that is to be answered. */
export function messagesOf(
  { system, turns, from, earlier }: Conversation,
  text?: string,
): readonly AnswerMessage[] {
  const said = turns.slice(from).flatMap(({ user, assistant }) => exchange(user, assistant));
  return [
    ...(system === undefined ? [] : [{ role: "system", content: system } as const]),
    ...(earlier === undefined ? [] : exchange(`Earlier: ${earlier}`, NOTED)),
    ...said,
    ...(text === undefined ? [] : [{ role: "user", content: text } as const]),
  ];
}

/** Adds what was said last. */
export function withTurn(conversation: Conversation, turn: Turn): Conversation {
  return { ...conversation, turns: [...conversation.turns, turn] };
}

/** Takes the last turn back; undefined where the model is given none. */
export function withoutLast(conversation: Conversation): Conversation | undefined {
  const { turns, from } = conversation;
  return turns.length > from ? { ...conversation, turns: turns.slice(0, -1) } : undefined;
}

/** From here on the model is given nothing of what was said; only the system text stays. */
export function cleared(conversation: Conversation): Conversation {
  return { ...conversation, from: conversation.turns.length, earlier: undefined };
}

function exchange(user: string, assistant: string): AnswerMessage[] {
  return [
    { role: "user", content: user },
    { role: "assistant", content: assistant },
  ];
}
