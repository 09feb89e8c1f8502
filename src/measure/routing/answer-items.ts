/** One model's answers to all items: greedy, many at a time through the scheduler. */

import { encodeChat, type LanguageModel } from "../../engine/index.ts";
import { isAppError } from "../../errors.ts";
import type { ItemAnswer } from "./routing-answers.ts";
import type { RoutingItem } from "./routing-items.ts";

export interface AnswerItemsOptions {
  /** Requests at a time. @default 16 */
  readonly parallel?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onItem?: ((done: number) => void) | undefined;
}

/** Answers in the order of the items, and the seconds of the whole. */
export interface AnsweredItems {
  readonly answers: readonly ItemAnswer[];
  readonly seconds: number;
}

/** @throws CANCELLED, MODEL_LOAD; an item that cannot be asked is a wrong answer with its error */
export async function answerItems(
  model: LanguageModel,
  items: readonly RoutingItem[],
  { parallel = 16, signal, onItem }: AnswerItemsOptions = {},
): Promise<AnsweredItems> {
  const answers: ItemAnswer[] = new Array(items.length);
  const started = performance.now();
  let next = 0;
  let done = 0;
  const work = async () => {
    while (next < items.length) {
      const index = next++;
      answers[index] = await answerItem(model, items[index]!, signal);
      onItem?.(++done);
    }
  };
  await Promise.all(Array.from({ length: parallel }, work));
  return { answers, seconds: (performance.now() - started) / 1000 };
}

async function answerItem(
  model: LanguageModel,
  { task, item }: RoutingItem,
  signal: AbortSignal | undefined,
): Promise<ItemAnswer> {
  const { isChat, maxTokens, jsonSchema } = task;
  try {
    const prompt = isChat
      ? (await encodeChat(model, [{ role: "user", content: item.prompt }])).ids
      : await model.tokenize(item.prompt, { bos: true });
    let text = "";
    let logs = 0;
    let count = 0;
    for await (const event of model.generate({
      ...{ prompt, maxTokens, signal, logprobs: 0 },
      ...(jsonSchema && { jsonSchema }),
    })) {
      if (event.type === "end") text = event.text;
      else {
        logs += event.logprob ?? 0;
        count++;
      }
    }
    const answer = text.trim();
    return {
      right: item.isRight(answer),
      // What a server can check without knowing the answer: that the form is whole.
      valid: jsonSchema === undefined || isWhole(answer),
      confidence: count === 0 ? 0 : Math.exp(logs / count),
      promptTokens: prompt.length,
      completionTokens: count,
    };
  } catch (error) {
    if (!isAppError(error) || error.code === "CANCELLED" || error.code === "MODEL_LOAD") throw error;
    const nothing = { right: false, valid: false, confidence: 0, promptTokens: 0, completionTokens: 0 };
    return { ...nothing, error: error.message };
  }
}

/** The grammar leaves nothing to check but that the answer was not cut off. */
function isWhole(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
