/** Quality on the fixed task set: greedy, one request at a time, so the same file gives the same answers. */

import { encodeChat, type LanguageModel } from "../../engine/index.ts";
import { isAppError } from "../../errors.ts";
import { wilsonInterval } from "../../glitch/index.ts";
import { createRandom } from "../../random.ts";
import { QUALITY_TASKS, type QualityTask, type TaskItem } from "./bench-tasks.ts";

export interface QualityOptions {
  /** Items a task. */
  readonly items: number;
  readonly seed: number;
  /** @default QUALITY_TASKS */
  readonly tasks?: readonly QualityTask[];
  readonly signal?: AbortSignal | undefined;
  /** Items answered so far. */
  readonly onItem?: ((done: number) => void) | undefined;
}

/** How a model did on one task. Shares are 0 to 1, with Wilson's 95 % interval. */
export interface TaskScore {
  readonly task: string;
  readonly items: number;
  readonly right: number;
  readonly accuracy: number;
  readonly low: number;
  readonly high: number;
  /** What guessing would reach, where that is worth knowing. */
  readonly chance: number | undefined;
  /** Why the first item that could not be asked failed; such items count as wrong. */
  readonly error?: string;
}

/** Asks every task's items. @throws CANCELLED */
export async function measureQuality(model: LanguageModel, options: QualityOptions): Promise<TaskScore[]> {
  const { items, tasks = QUALITY_TASKS, seed, onItem } = options;
  const scores: TaskScore[] = [];
  for (const [index, task] of tasks.entries()) {
    // A seed of its own, so that a task keeps its items whatever stands before it.
    const random = createRandom(seed + 7919 * (1 + index));
    let right = 0;
    let error: string | undefined;
    for (let item = 0; item < items; item++) {
      const asked = task.makeItem(random);
      try {
        if (asked.isRight(await answer(model, task, asked, options.signal))) right++;
      } catch (failure) {
        // One item that cannot be asked is a wrong one; a model that is gone concerns all.
        if (!isAppError(failure) || failure.code === "CANCELLED" || failure.code === "MODEL_LOAD")
          throw failure;
        error ??= failure.message;
      }
      onItem?.(index * items + item + 1);
    }
    const { estimate: accuracy, low, high } = wilsonInterval(right, items);
    const { id, chance } = task;
    scores.push({
      task: id,
      items,
      right,
      accuracy,
      low,
      high,
      chance,
      ...(error !== undefined && { error }),
    });
  }
  return scores;
}

async function answer(
  model: LanguageModel,
  { isChat, maxTokens, jsonSchema }: QualityTask,
  { prompt }: TaskItem,
  signal: AbortSignal | undefined,
): Promise<string> {
  const ids = isChat
    ? (await encodeChat(model, [{ role: "user", content: prompt }])).ids
    : await model.tokenize(prompt, { bos: true });
  let text = "";
  for await (const event of model.generate({
    ...{ prompt: ids, maxTokens, signal },
    ...(jsonSchema && { jsonSchema }),
  }))
    if (event.type === "end") text = event.text;
  return text.trim();
}
