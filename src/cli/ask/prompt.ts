/** A user's text -> the ids that the model is given. */

import type { LanguageModel } from "../../engine/index.ts";
import { AppError } from "../../errors.ts";
import { suggest } from "../../suggest.ts";

export interface PromptText {
  readonly prompt: string;
  readonly system?: string | undefined;
  /** Give the text as it is, without the model's chat template. */
  readonly raw?: boolean | undefined;
  /** Name of a built-in template in place of the model's own. */
  readonly template?: string | undefined;
}

export interface EncodedPrompt {
  /** Ids of the whole prompt, beginning of sequence included. */
  readonly ids: number[];
  /** What was changed to fit the template, one sentence each. */
  readonly rewrites: readonly string[];
}

/** Whether the text will be wrapped in a chat template: the one that was asked for, or the model's own. */
export async function isChat(model: LanguageModel, { raw, template }: PromptText): Promise<boolean> {
  if (raw === true) return false;
  const { templateFor } = await import("../../engine/index.ts");
  return template !== undefined || templateFor(model).name !== "plain";
}

/** @throws AppError USAGE for a name that no built-in template has, with the nearest one */
export async function checkTemplate(name: string | undefined): Promise<void> {
  if (name === undefined) return;
  const { isTemplateName, TEMPLATE_NAMES } = await import("../../models/index.ts");
  if (isTemplateName(name)) return;
  const near = suggest(name, TEMPLATE_NAMES);
  throw new AppError("USAGE", `There is no built-in template "${name}".`, {
    hint: near ? `Did you mean ${near}?` : `Known: ${TEMPLATE_NAMES.join(", ")}.`,
  });
}

/**
 * Encodes a text, in the model's chat template if it has one.
 * @throws AppError from the chat template
 */
export async function encodePrompt(model: LanguageModel, text: PromptText): Promise<EncodedPrompt> {
  const { prompt, system, template } = text;
  const plain = system === undefined ? prompt : `${system}\n\n${prompt}`;
  if (!(await isChat(model, text))) return { ids: await model.tokenize(plain, { bos: true }), rewrites: [] };
  const { encodeChat } = await import("../../engine/index.ts");
  const messages = [
    ...(system === undefined ? [] : [{ role: "system", content: system } as const]),
    { role: "user", content: prompt } as const,
  ];
  return encodeChat(model, messages, { template });
}
