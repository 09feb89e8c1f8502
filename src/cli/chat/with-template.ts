/** A model whose conversations are rendered with a template that the user chose. */

import type { LanguageModel, ModelInfo } from "../../engine/index.ts";

/** @param name of a built-in template, see checkTemplate(); undefined: the model stays as it is */
export function withTemplate(model: LanguageModel, name: string | undefined): LanguageModel {
  if (name === undefined) return model;
  const template = { name, template: name, reason: "It was chosen with --template." };
  return { ...model, info: { ...model.info, template: template as ModelInfo["template"] } };
}
