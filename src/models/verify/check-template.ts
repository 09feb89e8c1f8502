/** The chat template renders a short conversation, in the bounded child that all templates run in. */

import { isAppError } from "../../errors.ts";
import type { ChatMessage } from "../chat/messages.ts";
import { renderChat } from "../chat/render-chat.ts";
import { describeModel } from "../describe-model.ts";
import type { Gguf } from "../gguf/gguf.ts";
import { stringAt, stringsOf } from "../gguf/metadata.ts";
import { type Finding, fail, ok } from "./model-check.ts";

const CONVERSATION: readonly ChatMessage[] = [
  { role: "user", content: "Repeat the word water." },
  { role: "assistant", content: "water" },
  { role: "user", content: "Once more." },
];

export async function checkTemplate(gguf: Gguf): Promise<Finding> {
  const { template, bos, eos } = describeModel(gguf);
  const tokens = stringsOf(gguf, "tokenizer.ggml.tokens");
  const textOfId = (id: number | undefined) =>
    id !== undefined && tokens && id < tokens.ends.length ? stringAt(tokens, id) : "";
  try {
    const { rewrites } = await renderChat(template.template, CONVERSATION, {
      bos: textOfId(bos),
      eos: textOfId(eos),
    });
    const changed = rewrites.length > 0 ? ` ${rewrites.join(" ")}` : "";
    return ok(`${template.name}: two turns rendered. ${template.reason}${changed}`);
  } catch (error) {
    if (!isAppError(error)) throw error;
    return fail(error.message, "Name a built-in template instead: assay ask --template mixtral …");
  }
}
