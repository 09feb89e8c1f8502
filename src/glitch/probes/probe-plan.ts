/** Templates compiled for one model, the shortest tail first: what the cascade runs. */

import type { LanguageModel } from "../../engine/index.ts";
import { compileSplice, type SplicedPrompt } from "./splice.ts";
import type { ProbeTemplate } from "./templates.ts";

export interface CompiledTemplate extends SplicedPrompt {
  readonly id: string;
  readonly applies: ProbeTemplate["applies"];
}

/** Compiled templates by length of tail; `left` says which were left out and why. */
export interface ProbePlan {
  readonly templates: readonly CompiledTemplate[];
  readonly left: readonly string[];
}

/** Compiles templates; those that don't fit in the context or need an id that the model lacks are left out. */
export async function compileTemplates(
  model: LanguageModel,
  templates: readonly ProbeTemplate[],
): Promise<ProbePlan> {
  const compiled: CompiledTemplate[] = [];
  const left: string[] = [];
  for (const { id, applies, needs, ...text } of templates) {
    const prompt = await compileSplice(model, text, needs !== undefined);
    const length = prompt ? prompt.prefix.length + prompt.tail.length + 1 : 0;
    if (!prompt) left.push(`template "${id}" left out: the model has no end-of-sequence token`);
    else if (length > model.info.context)
      left.push(`template "${id}" left out: ${length} tokens, the context has ${model.info.context}`);
    else compiled.push({ id, applies, ...prompt });
  }
  compiled.sort((a, b) => a.tail.length - b.tail.length || (a.id < b.id ? -1 : 1));
  return { templates: compiled, left };
}

/** Whether a template can say anything about a token. */
export function appliesTo(template: Pick<CompiledTemplate, "applies">, text: string): boolean {
  return template.applies === "all" || /^ \S/u.test(text);
}
