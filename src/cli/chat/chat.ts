/** A chat that is going on: what it knows, and how it changes. */

import type { LanguageModel } from "../../engine/index.ts";
import type { CliContext } from "../context.ts";
import type { ChatSettings, TurnDone } from "./answer-turn.ts";
import type { ChatGuard } from "./chat-guard.ts";
import type { ChatSession } from "./chat-session.ts";
import type { Conversation } from "./conversation.ts";

/** What was asked last, so that it can be asked again. */
export interface LastAsked {
  readonly text: string;
  /** Before it. */
  readonly conversation: Conversation;
  readonly attempt: number;
  /** How the answer ended; undefined: there is none yet, or the same text would get another one now. */
  readonly reason?: TurnDone["reason"] | undefined;
}

/** One text of the user's and what became of it, for --json. */
export type ChatRecord = { readonly user: string } & (
  | { readonly done: TurnDone; readonly error?: undefined }
  | {
      readonly error: { code: string; message: string; hint?: string | undefined };
      readonly done?: undefined;
    }
);

export interface Chat {
  readonly context: CliContext;
  readonly model: LanguageModel;
  readonly settings: ChatSettings;
  readonly records: ChatRecord[];
  /** Rewrites of messages that the user was told of. */
  readonly told: Set<string>;
  conversation: Conversation;
  guarded: ChatGuard;
  session: ChatSession | undefined;
  last: LastAsked | undefined;
  /** Of the last prompt and its answer, for the cache of a session. */
  ids: readonly number[] | undefined;
  /** Takes a conversation that something was done to, and saves it; what was asked last is no more. */
  change(conversation: Conversation): void;
}

/** Begins a chat. */
export function createChat(
  parts: Pick<Chat, "context" | "model" | "settings" | "conversation" | "guarded" | "session">,
): Chat {
  return {
    ...parts,
    records: [],
    told: new Set(),
    last: undefined,
    ids: undefined,
    change(conversation) {
      this.conversation = conversation;
      this.last = undefined;
      this.session?.save(conversation, undefined);
    },
  };
}
