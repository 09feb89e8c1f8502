/** A user's text -> the ids that the model is given. */

import type { LanguageModel } from "../../engine/index.ts";

export interface PromptText {
  readonly prompt: string;
  readonly system?: string | undefined;
  /** Give the text as it is, without the model's chat template. */
  readonly raw?: boolean | undefined;
}

/** Whether the text will be wrapped in the model's chat template. */
export function isChat(model: LanguageModel, { raw }: PromptText): boolean {
  return raw !== true && model.info.chatTemplate !== undefined;
}

/**
 * Ids of the whole prompt, beginning of sequence included.
 * @throws AppError from the chat template
 */
export async function promptIds(model: LanguageModel, text: PromptText): Promise<number[]> {
  const { prompt, system } = text;
  const plain = system === undefined ? prompt : `${system}\n\n${prompt}`;
  if (!isChat(model, text)) return model.tokenize(plain, { bos: true });
  const { encodeChat } = await import("../../engine/index.ts");
  const messages = [
    ...(system === undefined ? [] : [{ role: "system", content: system } as const]),
    { role: "user", content: prompt } as const,
  ];
  return (await encodeChat(model, messages)).ids;
}
