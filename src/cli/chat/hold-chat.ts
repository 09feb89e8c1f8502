/** The loop of a chat: a text or a command, then the answer, until the input ends. */

import { AppError, ERROR_CODES, isAppError } from "../../errors.ts";
import { visibleToken } from "../../visible-token.ts";
import { showError } from "../show-error.ts";
import { answerTurn } from "./answer-turn.ts";
import type { Chat, LastAsked } from "./chat.ts";
import { type ChatInput, readInput } from "./chat-command.ts";
import type { ChatScreen } from "./chat-screen.ts";
import { withoutLast } from "./conversation.ts";
import { type LineSource, readTurn } from "./line-source.ts";
import { runCommand } from "./run-command.ts";
import type { Stopper } from "./stopper.ts";
import { describeRoom, describeTurn } from "./turn-figures.ts";

export interface ChatParts {
  readonly source: LineSource;
  readonly screen: ChatScreen;
  readonly stopper: Stopper;
  /** Somebody sits at the terminal; else the input is a pipe. */
  readonly isTalk: boolean;
}

/** What became of an input. */
type Outcome = "done" | "failed" | "stopped" | "quit";

/**
 * Reads and answers until the input ends or the user leaves.
 * @returns 0; of a pipe 1 when something could not be answered, 130 when an answer was interrupted
 */
export async function holdChat(chat: Chat, parts: ChatParts): Promise<number> {
  let failed = 0;
  for (;;) {
    const turn = await readTurn(parts.source);
    if (turn === undefined || parts.stopper.isLeaving()) break;
    const outcome = await take(chat, parts, readInput(turn.text, turn.isLines));
    if (outcome === "quit") break;
    if (outcome === "failed") failed++;
    // Who interrupts a pipe wants its end, not the answer to the next line.
    if (outcome === "stopped" && !parts.isTalk) return ERROR_CODES.CANCELLED.exit;
  }
  return failed > 0 && !parts.isTalk ? 1 : 0;
}

async function take(chat: Chat, parts: ChatParts, input: ChatInput): Promise<Outcome> {
  try {
    if (input.type === "unknown") throw unknownCommand(input);
    if (input.type === "text")
      return await ask(chat, parts, { text: input.text, conversation: chat.conversation, attempt: 0 });
    if (input.name === "quit") return "quit";
    if (input.name === "retry") return await ask(chat, parts, again(chat));
    parts.screen.show(await runCommand(chat, input.name, input.rest));
    return "done";
  } catch (error) {
    // What is wrong with one text is no reason to lose the others; what is no AppError is a fault of ours.
    if (!isAppError(error)) throw error;
    const { code, message, hint } = error;
    chat.records.push({ user: inputText(input), error: { code, message, hint } });
    if (code === "CANCELLED") {
      parts.screen.note("Nothing was said: the turn is left out.");
      return "stopped";
    }
    showError(error, false);
    return "failed";
  }
}

async function ask(chat: Chat, { screen, stopper }: ChatParts, asked: LastAsked): Promise<Outcome> {
  const { model, settings, guarded, context } = chat;
  chat.last = asked;
  try {
    const done = await stopper.during((signal) =>
      answerTurn(model, settings, asked.conversation, asked.text, {
        ...guarded,
        signal,
        attempt: asked.attempt,
        onCompress: (turns) =>
          screen.note(`The context is full: the ${turns} oldest turns are being summarised.`),
        onPrompt(tokens, room) {
          if (room !== undefined) screen.note(describeRoom(room));
          screen.wait(tokens);
        },
        onText: screen.answer,
      }),
    );
    screen.endAnswer();
    for (const rewrite of done.rewrites.filter((it) => !chat.told.has(it))) {
      chat.told.add(rewrite);
      context.logger.info(rewrite);
    }
    chat.last = { ...asked, reason: done.reason };
    chat.conversation = done.conversation;
    chat.ids = done.ids;
    chat.records.push({ user: asked.text, done });
    // Before the figures, which tell a reader that the turn is over: what is over is kept.
    chat.session?.save(done.conversation, done.ids);
    screen.note(describeTurn(done, model.info.context));
    if (done.text.trim() === "") screen.note("The model said nothing: the turn is left out.");
    return done.reason === "stopped" ? "stopped" : "done";
  } finally {
    screen.endAnswer();
  }
}

/** The last text once more. @throws USAGE where there is none, or the answer would be the same */
function again({ last, conversation, settings }: Chat): LastAsked {
  if (settings.sampling.temperature === 0 && (last?.reason === "stop" || last?.reason === "length"))
    throw new AppError("USAGE", "At temperature 0 the answer would be the same.", {
      hint: "Begin the chat with --temperature 0.8, for example.",
    });
  if (last !== undefined) return { ...last, attempt: last.attempt + 1, reason: undefined };
  const before = withoutLast(conversation);
  if (before === undefined) throw new AppError("USAGE", "There is no text to answer again.");
  return { text: conversation.turns.at(-1)!.user, conversation: before, attempt: 1 };
}

function unknownCommand({ name, near }: Extract<ChatInput, { type: "unknown" }>): AppError {
  return new AppError("USAGE", `There is no command /${visibleToken(name)}.`, {
    hint: near ? `Did you mean /${near}?` : "/help lists them; a text that begins with / is sent as //text.",
  });
}

function inputText(input: ChatInput): string {
  if (input.type === "text") return input.text;
  return input.type === "command" ? `/${input.name} ${input.rest}`.trim() : `/${input.name}`;
}
