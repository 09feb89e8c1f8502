/** One entry of an AutoGen 0.2 config_list, used as that library uses it: one request, and the rules of its reply. */

import { AppError } from "../errors.ts";
import { textOf, told } from "./chat-reply.ts";
import { shown } from "./evidence.ts";
import { system, user } from "./requests.ts";
import { runRules, selectRules } from "./run-rules.ts";
import { openSession } from "./session.ts";
import { readTarget } from "./target.ts";
import type { RuleRow } from "./wire-rule.ts";

/** The keys of an entry that reach the wire; the library keeps the others to itself. */
export interface ListEntry {
  readonly model: string;
  readonly base_url: string;
  readonly max_tokens: number;
}

export interface CheckEntryOptions {
  readonly entry: ListEntry;
  /** Sent in place of the entry's placeholder. */
  readonly key: string;
  readonly question: string;
  /** Milliseconds for the reply, loading the model included. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /** @default fetch */
  readonly fetch?: typeof fetch | undefined;
}

export interface EntryReply {
  readonly text: string;
  readonly rules: readonly RuleRow[];
  /** From the request to the whole reply. */
  readonly seconds: number;
}

/** Rules that look at a plain reply; what streams and tools need is asked by the whole check. */
const RULES = ["reply-form", "usage", "model-echo", "no-function-call", "no-empty-tool-calls"];

/**
 * Sends what a ConversableAgent's first turn sends (autogen/oai/client.py, OpenAIWrapper.create): the assistant's
 * system message and the other agent's, each with a name.
 * @throws DATA_UNAVAILABLE when the server cannot be reached, OUTPUT_INVALID when the reply holds no text, CANCELLED
 */
export async function checkEntry(options: CheckEntryOptions): Promise<EntryReply> {
  const { entry, question, ...rest } = options;
  const { model, max_tokens } = entry;
  const session = await openSession({ ...rest, target: readTarget(entry.base_url), model });
  const request = {
    messages: [system("You are a helpful AI assistant."), { ...user(question), name: "user_proxy" }],
    model,
    max_tokens,
    // As most llm_configs have it; and the same answer every time is worth more in a check.
    temperature: 0,
    stream: false,
  };
  // The rules name a question of their own; here all of them look at the reply to this one.
  const post: typeof session.post = (path) => session.post(path, request);
  const reply = await post("/chat/completions", request);
  if (reply.status !== 200)
    throw new AppError("OUTPUT_INVALID", `The server refuses the request: status ${reply.status}`, {
      hint: shown(told(reply)),
    });
  const rules: RuleRow[] = [];
  for await (const row of runRules({ ...session, post }, selectRules(RULES))) rules.push(row);
  return { text: textOf(reply), rules, seconds: reply.milliseconds / 1_000 };
}
