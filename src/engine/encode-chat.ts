/**
 * Messages -> token ids. A chat template gives text in which "</s>" ends a turn; a user who types "</s>" must
 * not end one. So control texts inside messages are taken out before rendering and put back as plain text.
 */

import { type ChatMessage, type ChosenTemplate, chooseTemplate, renderChat } from "../models/index.ts";
import type { Tokenizer } from "./language-model.ts";

export interface EncodeChatOptions {
  /** Jinja source, or the name of a built-in template. @default what templateFor() chooses */
  readonly template?: string | undefined;
}

export interface EncodedChat {
  /** The whole prompt, beginning of sequence included. */
  readonly ids: number[];
  /** What was changed to fit the template, one sentence each. */
  readonly rewrites: readonly string[];
}

// Private-use characters: no tokenizer has pieces for them and no template looks at them.
const MARK = "\u{F8FF}\u{E000}\u{F8FF}";

const controlTexts = new WeakMap<Tokenizer, Promise<string[]>>();

/** The template that a model's conversations get, and why. */
export function templateFor({ info }: Pick<Tokenizer, "info">): ChosenTemplate {
  return info.template ?? chooseTemplate({ name: info.name, chatTemplate: info.chatTemplate });
}

/**
 * Encodes a conversation, by default with the model's own template.
 * @throws UNSUPPORTED, USAGE as renderChat()
 */
export async function encodeChat(
  model: Tokenizer,
  messages: readonly ChatMessage[],
  options: EncodeChatOptions = {},
): Promise<EncodedChat> {
  const { bos, eos } = model.info;
  const special = await controlsOf(model);
  const typed: string[] = [];
  const guarded = messages.map((message) => ({
    ...message,
    content: takeOut(message.content, special, typed),
  }));
  const textOf = async (id: number | undefined) =>
    id === undefined ? "" : model.detokenize([id], { special: true });
  const { text, rewrites } = await renderChat(options.template ?? templateFor(model).template, guarded, {
    bos: await textOf(bos),
    eos: await textOf(eos),
  });
  const ids: number[] = [];
  for (const [index, part] of text.split(MARK).entries()) {
    if (index > 0) ids.push(...(await model.tokenize(typed[index - 1]!, { continuation: true })));
    ids.push(...(await model.tokenize(part, { special: true, continuation: index > 0 })));
  }
  return { ids: [...(await missingStart(model, ids)), ...ids], rewrites };
}

/**
 * Templates such as Zephyr's leave the beginning of sequence to the tokenizer, as its settings say; a prompt
 * without it is one that Llama models never saw in training.
 */
async function missingStart(model: Tokenizer, ids: readonly number[]): Promise<number[]> {
  const [start] = await model.tokenize("", { bos: true });
  return start === undefined || start !== model.info.bos || ids[0] === start ? [] : [start];
}

/** Replaces each control text by a mark and keeps it in `typed`, in order. */
function takeOut(content: string, special: readonly string[], typed: string[]): string {
  const pattern = new RegExp(
    special.map((text) => text.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&")).join("|"),
    "g",
  );
  return content.replaceAll(pattern, (text) => {
    typed.push(text);
    return MARK;
  });
}

/** Texts that the tokenizer reads as control tokens, longest first. */
function controlsOf(model: Tokenizer): Promise<string[]> {
  let found = controlTexts.get(model);
  if (!found) {
    const ids = Array.from({ length: model.info.vocabulary }, (_, id) => id).filter(
      (id) => model.tokenKind(id) === "control",
    );
    found = Promise.all(ids.map((id) => model.detokenize([id], { special: true }))).then((texts) =>
      // The mark itself counts as one of them: whoever types it gets it back as text.
      [MARK, ...texts.filter((text) => text !== "")].sort((a, b) => b.length - a.length),
    );
    controlTexts.set(model, found);
  }
  return found;
}
