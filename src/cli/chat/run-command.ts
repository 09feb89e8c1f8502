/** The commands within a chat, but for those that answer (/retry) or end it (/quit). */

import { prepareAnswer } from "../../answer/index.ts";
import { AppError } from "../../errors.ts";
import { visibleToken } from "../../visible-token.ts";
import { formatTable } from "../table.ts";
import { requestOf } from "./answer-turn.ts";
import type { Chat } from "./chat.ts";
import { CHAT_COMMANDS, type ChatCommandName } from "./chat-command.ts";
import { CHAT_GUARD_MODES, type ChatGuardMode, describeGuard, openGuard } from "./chat-guard.ts";
import { openSession } from "./chat-session.ts";
import { cleared, withoutLast } from "./conversation.ts";
import { safeText } from "./safe-text.ts";
import { describeTokens } from "./show-tokens.ts";

type Command = (chat: Chat, rest: string) => string | Promise<string>;

/** What each does, and what is said to the user; AppErrors are shown and the chat goes on. */
const COMMANDS: Readonly<Record<Exclude<ChatCommandName, "retry" | "quit">, Command>> = {
  help: () => {
    const rows = Object.entries(CHAT_COMMANDS).map(([name, [takes, does]]) => [`/${name} ${takes}`, does]);
    const columns = [{ title: "command" }, { title: "what it does", most: 100 }];
    return `${formatTable(columns, rows)}\n\nA text that begins with / is sent as //text. """ on lines of their own hold a text of several lines.`;
  },
  clear(chat) {
    chat.change(cleared(chat.conversation));
    return "The conversation begins anew.";
  },
  undo(chat) {
    const before = withoutLast(chat.conversation);
    if (before === undefined) throw new AppError("USAGE", "There is no turn to take back.");
    chat.change(before);
    return "The last turn is taken back.";
  },
  system(chat, rest) {
    const { system } = chat.conversation;
    if (rest === "")
      return system === undefined ? "There is no system text." : `System text: ${safeText(system)}`;
    chat.change({ ...chat.conversation, system: rest === "-" ? undefined : rest });
    return rest === "-"
      ? "There is no system text any more."
      : "The system text holds from the next answer on.";
  },
  async save(chat, rest) {
    if (rest === "")
      throw new AppError("USAGE", "A session needs a name.", { hint: "For example: /save river" });
    const session = await openSession(chat.context, chat.model, rest, true);
    await chat.session?.close();
    chat.session = session;
    session.save(chat.conversation, chat.ids);
    return `The chat is saved as ${safeText(rest)}, now and after each turn.`;
  },
  async tokens(chat, rest) {
    const { model, guarded } = chat;
    if (rest === "" && chat.last === undefined)
      throw new AppError("USAGE", "Nothing was asked since the conversation was changed.", {
        hint: "/tokens TEXT shows what TEXT would be sent as.",
      });
    const { conversation, text } = rest === "" ? chat.last! : { conversation: chat.conversation, text: rest };
    const request = requestOf(chat.settings, conversation, text);
    const prepared = await prepareAnswer(model, request, { guard: guarded.guard, mode: "off" });
    return describeTokens(model, prepared.generate.prompt, guarded.guard);
  },
  async guard(chat, rest) {
    if (rest !== "") {
      if (!(CHAT_GUARD_MODES as readonly string[]).includes(rest))
        throw new AppError("USAGE", "There is no such guard mode.", {
          hint: `Modes: ${CHAT_GUARD_MODES.join(", ")}.`,
        });
      const { guard } = chat.guarded;
      const mode = rest as ChatGuardMode;
      // Guarded in another way the last text may get another answer.
      if (chat.last !== undefined) chat.last = { ...chat.last, reason: undefined };
      chat.guarded = guard ? { ...chat.guarded, mode } : await openGuard(chat.context, chat.model, mode);
    }
    return describeGuard(chat.guarded, visibleToken(chat.model.info.name));
  },
};

/** Runs a command. @throws AppError for what cannot be done */
export async function runCommand(chat: Chat, name: keyof typeof COMMANDS, rest: string): Promise<string> {
  return COMMANDS[name](chat, rest);
}
