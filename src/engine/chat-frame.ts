/** What a chat template writes around one user turn, for prompts that are put together from ids. */

import { isAppError } from "../errors.ts";
import { renderChat } from "../models/index.ts";
import { templateFor } from "./encode-chat.ts";
import type { Tokenizer } from "./language-model.ts";

/** Texts without the beginning of sequence; "</s>" stands for the model's own end-of-sequence id. */
export interface ChatFrame {
  readonly open: string;
  /** Up to where the answer begins. */
  readonly close: string;
  /** The texts hold control tokens. */
  readonly isMarkup: boolean;
}

/** A question and an answer without markup. */
const PLAIN: ChatFrame = { open: "", close: "\nAnswer:", isMarkup: false };

// A private-use character: no template looks at it, and trimming leaves it alone.
const TURN = "\u{F8FF}";

/** By template: rendering one takes a process of its own, and one program opens few models. */
const frames = new Map<string, Promise<ChatFrame>>();

/**
 * Writes one turn with the template that the model's conversations get and looks at what stands around it. A model
 * without a template, or with one that cannot be written so, gets a plain question and answer.
 */
export async function chatFrame(model: Tokenizer): Promise<ChatFrame> {
  const { name, template } = templateFor(model);
  if (name === "plain") return PLAIN;
  let frame = frames.get(template);
  if (frame === undefined) {
    frame = readFrame(template);
    frames.set(template, frame);
  }
  const { open, ...rest } = await frame;
  const { bos } = model.info;
  // Some templates write it as text.
  const start = bos === undefined ? "" : await model.detokenize([bos], { special: true });
  return { ...rest, open: start !== "" && open.startsWith(start) ? open.slice(start.length) : open };
}

async function readFrame(template: string): Promise<ChatFrame> {
  try {
    const turn = [{ role: "user", content: TURN }] as const;
    const { text } = await renderChat(template, turn, { bos: "", eos: "</s>" });
    const [open, close, ...more] = text.split(TURN);
    if (open === undefined || close === undefined || more.length > 0) return PLAIN;
    return { open, close, isMarkup: true };
  } catch (error) {
    if (isAppError(error) && (error.code === "UNSUPPORTED" || error.code === "USAGE")) return PLAIN;
    throw error;
  }
}
