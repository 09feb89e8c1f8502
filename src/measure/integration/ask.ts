/** One chat request and everything that came back; the checks ask in this way alone. */

import {
  encodeChat,
  type FinishReason,
  type GenerateRequest,
  type LanguageModel,
  type TokenChance,
} from "../../engine/index.ts";

export interface Answer {
  readonly ids: readonly number[];
  readonly text: string;
  readonly reason: FinishReason;
  /** ln p of each token; empty unless asked for. */
  readonly logprobs: readonly number[];
  /** The best tokens at each place; empty unless asked for. */
  readonly top: readonly (readonly TokenChance[])[];
}

/** Ids of a single question in the model's chat template. */
export async function chatIds(model: LanguageModel, question: string): Promise<number[]> {
  return (await encodeChat(model, [{ role: "user", content: question }])).ids;
}

/** Runs one request of one sample to its end. */
export async function answerTo(model: LanguageModel, request: GenerateRequest): Promise<Answer> {
  const ids: number[] = [];
  const logprobs: number[] = [];
  const top: (readonly TokenChance[])[] = [];
  let text = "";
  let reason: FinishReason = "abort";
  for await (const event of model.generate(request)) {
    if (event.type === "end") ({ text, reason } = event);
    else {
      ids.push(event.id);
      if (event.logprob !== undefined) logprobs.push(event.logprob);
      if (event.top !== undefined) top.push(event.top);
    }
  }
  return { ids, text, reason, logprobs, top };
}

/** What the words are asked with: nothing that a small model could misread. */
export const repeatWord = (word: string) => `Please repeat the word: "${word}"`;
