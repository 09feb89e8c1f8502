/** What a line that begins with a slash means. */

import { suggest } from "../../suggest.ts";

/** Commands within a chat, with what they take and do. */
export const CHAT_COMMANDS = {
  help: ["", "this list"],
  clear: ["", "begin anew; the system text stays, and so does the session's file"],
  undo: ["", "take the last turn back"],
  retry: ["", "answer the last text again, with the next seed"],
  system: ["TEXT", "from now on this system text; - for none; alone it shows the present one"],
  save: ["NAME", "save this chat as a session, now and after each turn"],
  tokens: ["[TEXT]", "the last prompt in tokens, or the next one with TEXT; known glitch tokens are marked"],
  guard: ["MODE", "off, flag, rewrite or refuse; alone it shows the present one"],
  quit: ["", "leave, as Ctrl-D does"],
} as const satisfies Record<string, readonly [string, string]>;
export type ChatCommandName = keyof typeof CHAT_COMMANDS;

export type ChatInput =
  | { readonly type: "text"; readonly text: string }
  | { readonly type: "command"; readonly name: ChatCommandName; readonly rest: string }
  /** `near`: what was probably meant. */
  | { readonly type: "unknown"; readonly name: string; readonly near: ChatCommandName | undefined };

/**
 * Reads a turn. Of several lines it is a text, whatever it begins with; "//x" is the text "/x".
 * @param isLines it has several lines, or was typed between two lines of """
 */
export function readInput(text: string, isLines: boolean): ChatInput {
  if (isLines || !text.startsWith("/")) return { type: "text", text };
  if (text.startsWith("//")) return { type: "text", text: text.slice(1) };
  const [, name = "", rest = ""] = /^\/(\S*)\s*(.*)$/s.exec(text) ?? [];
  if (isCommand(name)) return { type: "command", name, rest: rest.trim() };
  return {
    type: "unknown",
    name,
    near: suggest(name, Object.keys(CHAT_COMMANDS)) as ChatCommandName | undefined,
  };
}

function isCommand(name: string): name is ChatCommandName {
  return Object.hasOwn(CHAT_COMMANDS, name);
}
