/**
 * Messages of agents -> messages that any chat template can render: calls and results as text, speakers' names as
 * prefixes, nothing empty, a user's turn last. What the template itself then needs, such as system text moved into
 * the first user turn, is renderChat()'s.
 */

import { AppError } from "../errors.ts";
import type { ChatMessage } from "../models/index.ts";
import type { AnswerMessage } from "./answer-request.ts";
import { type AnsweredCall, writeCalls, writeResult } from "./tool-protocol.ts";

export interface Dialogue {
  readonly messages: readonly ChatMessage[];
  /** What was changed, one sentence each. */
  readonly rewrites: readonly string[];
}

const TELLS = {
  calls: "Calls of tools were written as text, in the form that the model is asked to answer in.",
  results: "Results of tools were written as user text that says which call they answer.",
  lost: "A tool's result answers a call that is not in the conversation, and says so only as far as is known.",
  names: "Names of speakers were put before their text.",
  ownName: "The assistant's name was left out: all its messages are of one speaker.",
  empty: "Empty messages were left out.",
  lastSystem: "System text at the end was made the user's, since an answer follows a user's turn.",
  lastAssistant: 'A user turn "Continue." was added, since the last message was the assistant\'s.',
  instructions: "How to answer (tools, JSON) was added to the system text.",
} as const;

/** What the model is asked when the last word was its own: a new message, as OpenAI's models give. */
const CONTINUE = "Continue.";

/**
 * Writes a conversation so that a template without tools, names and free order of roles can render it.
 * @param instructions system text to be added
 * @throws USAGE when no message says anything
 */
export function writeDialogue(
  messages: readonly AnswerMessage[],
  instructions: string | undefined,
): Dialogue {
  const told = new Set<string>();
  const calls = callsById(messages);
  const ownNames = new Set(
    messages.flatMap(({ role, name }) => (role === "assistant" && name ? [name] : [])),
  );

  const written = messages.map((message): ChatMessage => {
    const { role, name, toolCalls = [] } = message;
    if (role === "tool") {
      // Agents that forget old turns send results whose call is gone; some give the tool's name with them.
      const call = calls.get(message.toolCallId ?? "") ?? (name ? { name, index: 0, count: 1 } : undefined);
      told.add(call ? TELLS.results : TELLS.lost);
      return { role: "user", content: writeResult(message.content, call) };
    }
    const parts = message.content.trim() === "" ? [] : [message.content];
    if (toolCalls.length > 0) {
      told.add(TELLS.calls);
      parts.push(writeCalls(toolCalls));
    }
    if (name && parts.length > 0) {
      // Before its own messages a model would learn to begin with its name.
      const isOwn = role === "assistant" && ownNames.size === 1;
      told.add(isOwn ? TELLS.ownName : TELLS.names);
      if (!isOwn) parts[0] = `${name.replace(/\s+/g, " ").trim()}: ${parts[0]}`;
    }
    return { role, content: parts.join("\n\n") };
  });

  const said = written.filter(({ content }) => content.trim() !== "");
  if (said.length === 0)
    throw new AppError("USAGE", "No message has any text.", {
      hint: "Send a user message that says something.",
    });
  if (said.length < written.length) told.add(TELLS.empty);
  const turns = endOnUser(said, told);
  if (instructions === undefined) return { messages: turns, rewrites: [...told] };
  told.add(TELLS.instructions);
  return { messages: withInstructions(turns, instructions), rewrites: [...told] };
}

function callsById(messages: readonly AnswerMessage[]): ReadonlyMap<string, AnsweredCall> {
  return new Map(
    messages.flatMap(({ toolCalls = [] }) =>
      toolCalls.map(({ id, name }, index) => [id, { name, index, count: toolCalls.length }] as const),
    ),
  );
}

/** Agents end with a system message to choose the next speaker, and with their own message when they go on alone. */
function endOnUser(messages: readonly ChatMessage[], told: Set<string>): readonly ChatMessage[] {
  const last = messages.at(-1)!;
  if (last.role === "user") return messages;
  if (last.role === "assistant") {
    told.add(TELLS.lastAssistant);
    return [...messages, { role: "user", content: CONTINUE }];
  }
  told.add(TELLS.lastSystem);
  return messages.with(-1, { role: "user", content: last.content });
}

function withInstructions(messages: readonly ChatMessage[], instructions: string): readonly ChatMessage[] {
  const [first] = messages;
  if (first === undefined || (first.role !== "system" && first.role !== "developer"))
    return [{ role: "system", content: instructions }, ...messages];
  return messages.with(0, { ...first, content: `${first.content}\n\n${instructions}` });
}
