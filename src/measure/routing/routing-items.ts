/** What both models are asked: the items of the quality tasks, with the features that a router would see. */

import { createRandom } from "../../random.ts";
import { type RouteFeatures, routeFeatures } from "../../route/index.ts";
import { QUALITY_TASKS, type QualityTask, type TaskItem } from "../models/bench-tasks.ts";

/** One question. */
export interface RoutingItem {
  /** "sums-3". */
  readonly id: string;
  readonly task: QualityTask;
  readonly item: TaskItem;
  readonly features: RouteFeatures;
}

/** So many items of each task; they are those that `bench models` asks with the same seed. */
export function makeRoutingItems(
  perTask: number,
  seed: number,
  tasks: readonly QualityTask[] = QUALITY_TASKS,
): RoutingItem[] {
  return tasks.flatMap((task, index) => {
    const random = createRandom(seed + 7919 * (1 + index));
    return Array.from({ length: perTask }, (_, number) => {
      const item = task.makeItem(random);
      const features = routeFeatures({
        messages: [{ role: "user", content: item.prompt }],
        schema: task.jsonSchema,
        maxTokens: task.maxTokens,
      });
      return { id: `${task.id}-${number}`, task, item, features };
    });
  });
}
