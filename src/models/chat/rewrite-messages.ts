/**
 * Changes that make a conversation fit a template, from the smallest to the largest. Each returns the messages it
 * got when there is nothing for it to do, and each keeps every word that was said.
 */

import type { ChatMessage } from "./messages.ts";

export interface Rewrite {
  /** For the user, one sentence. */
  readonly tells: string;
  readonly apply: (messages: readonly ChatMessage[]) => readonly ChatMessage[];
}

/** OpenAI's newer roles, which few open models were trained with. */
const NAME: Rewrite = {
  tells:
    "Roles that the template does not know were renamed: developer to system, tool to user (marked as a tool's result).",
  apply: renameRoles,
};
const JOIN: Rewrite = { tells: "Neighbouring messages of one role were joined.", apply: joinNeighbours };
const LATER: Rewrite = {
  tells: "System text in the middle was put before the user text that follows it.",
  apply: (messages) => systemIntoUser(messages, "later"),
};
const MERGE: Rewrite = {
  tells: "The system text was put before the first user text.",
  apply: (messages) => systemIntoUser(messages, "leading"),
};
const DROP: Rewrite = {
  tells: "Empty messages were left out.",
  apply: (messages) => kept(messages, ({ content }) => content.trim() !== ""),
};
const OPEN: Rewrite = {
  tells: "An empty user message was put first, since the template cannot begin with the assistant.",
  apply: openWithUser,
};

/** Tried in this order until the template takes the messages: as they are first, then the smallest change. */
export const ATTEMPTS: readonly (readonly Rewrite[])[] = [
  [],
  [NAME],
  [NAME, JOIN],
  [NAME, LATER],
  [NAME, LATER, JOIN],
  [NAME, MERGE],
  [NAME, LATER, MERGE, JOIN],
  [NAME, DROP, LATER, MERGE, JOIN],
  [NAME, DROP, LATER, MERGE, JOIN, OPEN],
];

const paragraphs = (texts: readonly string[]) => texts.filter((text) => text.trim() !== "").join("\n\n");

function kept(
  messages: readonly ChatMessage[],
  keep: (message: ChatMessage) => boolean,
): readonly ChatMessage[] {
  const left = messages.filter(keep);
  return left.length === messages.length || left.length === 0 ? messages : left;
}

function renameRoles(messages: readonly ChatMessage[]): readonly ChatMessage[] {
  if (!messages.some(({ role }) => role === "developer" || role === "tool")) return messages;
  return messages.map(({ role, content }) => {
    if (role === "developer") return { role: "system", content };
    return role === "tool" ? { role: "user", content: `Tool result:\n${content}` } : { role, content };
  });
}

/**
 * Puts system texts before the next user text, so that instructions in the middle stay in the middle. Those that no
 * user text follows become one.
 */
function systemIntoUser(
  messages: readonly ChatMessage[],
  which: "leading" | "later",
): readonly ChatMessage[] {
  const others = messages.findIndex(({ role }) => role !== "system");
  const leading = others < 0 ? messages.length : others;
  const isMeant = ({ role }: ChatMessage, index: number) =>
    role === "system" && index < leading === (which === "leading");
  if (!messages.some(isMeant)) return messages;
  const changed: ChatMessage[] = [];
  let waiting: string[] = [];
  for (const [index, message] of messages.entries()) {
    if (isMeant(message, index)) waiting.push(message.content);
    else if (message.role === "user") {
      changed.push({ role: "user", content: paragraphs([...waiting, message.content]) });
      waiting = [];
    } else changed.push(message);
  }
  const left = paragraphs(waiting);
  if (left !== "" || changed.length === 0) changed.push({ role: "user", content: left });
  return changed;
}

function joinNeighbours(messages: readonly ChatMessage[]): readonly ChatMessage[] {
  const joined: ChatMessage[] = [];
  for (const message of messages) {
    const last = joined.at(-1);
    if (last?.role === message.role)
      joined[joined.length - 1] = {
        role: last.role,
        content: paragraphs([last.content, message.content]),
      };
    else joined.push(message);
  }
  return joined.length === messages.length ? messages : joined;
}

/** Only where a user speaks later: an answer without a question is no conversation. */
function openWithUser(messages: readonly ChatMessage[]): readonly ChatMessage[] {
  const at = messages[0]?.role === "system" ? 1 : 0;
  if (messages[at]?.role !== "assistant" || !messages.some(({ role }) => role === "user")) return messages;
  return messages.toSpliced(at, 0, { role: "user", content: "" });
}
