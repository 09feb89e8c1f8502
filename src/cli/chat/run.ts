/** `assay chat`: opens what a conversation needs, holds it, and leaves everything saved. */

import { formatCount } from "../../report/index.ts";
import { visibleToken } from "../../visible-token.ts";
import { checkTemplate, isChat } from "../ask/prompt.ts";
import type { CliContext, SharedOptions } from "../context.ts";
import { withModel } from "../with-model.ts";
import { type Chat, createChat } from "./chat.ts";
import { chatDocument } from "./chat-document.ts";
import { describeGuard, openGuard } from "./chat-guard.ts";
import { type ChatOptions, chatSettings } from "./chat-options.ts";
import { type ChatScreen, createScreen } from "./chat-screen.ts";
import { type ChatSession, openSession } from "./chat-session.ts";
import { type Conversation, NEW_CONVERSATION } from "./conversation.ts";
import { holdChat } from "./hold-chat.ts";
import { openLineEditor } from "./line-editor.ts";
import { pipedLines } from "./line-source.ts";
import { createStopper } from "./stopper.ts";
import { withTemplate } from "./with-template.ts";

/**
 * Talks until the input ends.
 * @returns 0; 1 when a text of a pipe could not be answered; 130 when an answer to a pipe was interrupted
 */
export async function runChat(
  context: CliContext,
  options: ChatOptions & SharedOptions,
  argument: string | undefined,
): Promise<number> {
  await checkTemplate(options.template);
  return withModel(context, { argument, options, quantType: options.quantType }, async (opened) => {
    const { json, terminal, signal } = context;
    const { stdin, stderr } = process;
    const isTalk = stdin.isTTY === true && stderr.isTTY === true;
    const model = withTemplate(opened, options.template);
    const settings = chatSettings(options, context.config.seed, model.info.context);
    const guarded = await openGuard(context, model, options.guard);
    const session =
      options.session === undefined ? undefined : await openSession(context, model, options.session, false);
    const conversation = begin(session, options.system);
    const chat = createChat({ context, model, settings, guarded, session, conversation });
    const screen = createScreen(context, isTalk);
    await greet(chat, screen, isTalk);

    const source = isTalk
      ? openLineEditor({ input: stdin, output: stderr, ...PROMPTS, onCtrlC: () => stopper.press() })
      : pipedLines(stdin);
    const stopper = createStopper(context, () => source.close());
    try {
      const status = await holdChat(chat, { source, screen, stopper, isTalk });
      if (json) terminal.print(JSON.stringify(chatDocument(chat, status === 0 ? "done" : "partial")));
      signal.throwIfAborted();
      return status;
    } finally {
      source.close();
      await chat.session?.close();
    }
  });
}

const PROMPTS = { prompt: ">>> ", morePrompt: "... " };

function begin(session: ChatSession | undefined, system: string | undefined): Conversation {
  // --system "" is a wish too: none.
  const wish = system || undefined;
  const restored = session?.restored;
  if (restored === undefined) return { ...NEW_CONVERSATION, system: wish };
  const { turns, from, earlier } = restored;
  return { system: system === undefined ? restored.system : wish, turns, from, earlier };
}

async function greet(
  { context, model, guarded, session, conversation, settings }: Chat,
  screen: ChatScreen,
  isTalk: boolean,
): Promise<void> {
  const { fingerprint } = model.info;
  const name = visibleToken(model.info.name);
  const { logger } = context;
  screen.note(`${name}, context ${formatCount(model.info.context)}. ${describeGuard(guarded, name)}`);
  if (!(await isChat(model, { prompt: "" })))
    logger.warn("The model has no chat template: the conversation is given as a plain transcript.");
  if (session !== undefined) {
    const { restored } = session;
    const shown = visibleToken(session.name);
    if (restored === undefined) screen.note(`Session ${shown} begins.`);
    else
      screen.note(
        `Session ${shown}: ${formatCount(restored.turns.length)} turns, last used ${restored.usedAt}.`,
      );
    if (restored !== undefined && restored.model.fingerprint !== fingerprint)
      screen.note(
        `It was saved with another model file (${visibleToken(restored.model.name)}): its messages are here, its cache is computed again.`,
      );
    if (restored !== undefined && conversation.system !== restored.system)
      screen.note("The system text is the one of --system now.");
  }
  if (isTalk) screen.note(`/help lists commands, Ctrl-C stops an answer, Ctrl-D leaves.`);
  logger.debug(`Of ${model.info.context} tokens ${settings.reserve} are kept for an answer.`);
}
