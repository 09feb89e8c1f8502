/** Does a model give a text back that stands in its prompt as given ids? One greedy answer to one prompt. */

import type { ChatFrame, LanguageModel } from "../../engine/index.ts";
import { type CompiledPrompt, compilePrompt } from "../validation/validate.ts";
import { REPAIR_PROMPTS } from "./repair-prompts.ts";

/** A text and the ids that stand for it in the prompt. */
export interface SpelledText {
  readonly ids: readonly number[];
  /** Empty for what is no text by itself, such as a byte token: only its ids can come back then. */
  readonly text: string;
}

export interface GivenBack {
  readonly prompt: string;
  readonly given: boolean;
  /** What came, up to the closing mark. */
  readonly reply: string;
}

const NO_FRAME: ChatFrame = { open: "", close: "", isMarkup: false };
/** An answer may be in other and more pieces than the request. */
const SPARE_TOKENS = 8;

/** The repair prompts that can be compiled for this model. */
export async function compileRepairPrompts(model: LanguageModel): Promise<CompiledPrompt[]> {
  const compiled = await Promise.all(
    REPAIR_PROMPTS.map(({ form, chat }) => compilePrompt(model, form.id, form, chat ? undefined : NO_FRAME)),
  );
  return compiled.filter((prompt) => prompt !== undefined);
}

/**
 * Asks once. The text counts as given back if the answer begins with its ids, or is exactly the text and then
 * the closing mark; never if the text stands somewhere in the answer.
 * @param banned kept out of the answer
 * @throws AppError CONTEXT_FULL, CANCELLED
 */
export async function giveBack(
  model: LanguageModel,
  prompt: CompiledPrompt,
  { ids, text }: SpelledText,
  { banned, signal }: { banned?: ReadonlyMap<number, number>; signal?: AbortSignal | undefined } = {},
): Promise<GivenBack> {
  const { closer = "" } = prompt.form;
  const said: number[] = [];
  let reply = "";
  const events = model.generate({
    prompt: [...prompt.prefix, ...ids, ...prompt.tail],
    maxTokens: 2 * ids.length + SPARE_TOKENS,
    ...(banned && banned.size > 0 && { logitBias: banned }),
    ...(closer !== "" && !text.includes(closer) && { stop: [closer] }),
    signal,
  });
  for await (const event of events) {
    if (event.type === "token") said.push(event.id);
    else reply = event.text;
  }
  const isSame = ids.every((id, index) => said[index] === id);
  const isText = text !== "" && (reply === text || reply.startsWith(text + closer));
  return { prompt: prompt.id, given: isSame || isText, reply };
}
