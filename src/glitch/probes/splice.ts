/**
 * Prompts as ids with a gap for one token. A prompt is never made as text with the token's text in it: that
 * could tokenise to other ids, and the verdict would be about them.
 */

import type { LanguageModel } from "../../engine/index.ts";

/** The ids before and after the spliced token. */
export interface SplicedPrompt {
  readonly prefix: readonly number[];
  readonly tail: readonly number[];
}

/**
 * Tokenises the text around a token. The beginning of sequence comes first when the model has one, "</s>" is
 * the model's end-of-sequence id, and the tail goes on after the token, so that no space slips in.
 *
 * @param special read control tokens in the text; for chat markup
 * @returns undefined if the text has "</s>" and the model no such id
 */
export async function compileSplice(
  model: LanguageModel,
  text: { prefix: string; tail: string },
  special = false,
): Promise<SplicedPrompt | undefined> {
  const { bos, eos } = model.info;
  const compile = async (part: string, continuation: boolean) => {
    const ids: number[] = [];
    for (const [index, turn] of part.split("</s>").entries()) {
      if (index > 0) ids.push(eos!);
      if (turn === "") continue;
      const goesOn = continuation && index === 0;
      ids.push(...(await model.tokenize(turn, { special, continuation: goesOn })));
    }
    return ids;
  };
  if (eos === undefined && (text.prefix + text.tail).includes("</s>")) return undefined;
  const prefix = await compile(text.prefix, false);
  return {
    prefix: bos === undefined ? prefix : [bos, ...prefix],
    tail: await compile(text.tail, true),
  };
}
