/**
 * Who starts next: by priority, then in turns between clients, then first come. A client with fifty requests in
 * the queue delays another's first by one request, not by fifty.
 */

import type { Task } from "./task.ts";

export interface WaitQueue {
  readonly size: number;
  /** All that wait, in the order in which they should start. */
  order(): readonly Task[];
  push(task: Task): void;
  /** Removes a task that starts: it was its client's turn. */
  take(task: Task): void;
  /** Removes tasks that will never start. */
  remove(gone: ReadonlySet<Task>): void;
}

/** Clients whose last turn is remembered; names come from outside, so there is a limit. */
const CLIENTS_REMEMBERED = 4_096;

/** Creates an empty queue. */
export function createWaitQueue(): WaitQueue {
  let waiting: Task[] = [];
  /** When each client last had a turn, the longest ago first. */
  const turns = new Map<string, number>();
  let clock = 0;
  let ordered: Task[] | undefined;

  const sort = () => {
    const ahead = new Map<string, number>();
    const ranked = waiting.map((task) => {
      const queue = `${task.priority} ${task.client}`;
      const round = ahead.get(queue) ?? 0;
      ahead.set(queue, round + 1);
      return { task, round, turn: turns.get(task.client) ?? 0 };
    });
    // Array.prototype.sort is stable: what is equal stays in the order of arrival.
    ranked.sort((a, b) => a.task.priority - b.task.priority || a.round - b.round || a.turn - b.turn);
    return ranked.map(({ task }) => task);
  };
  return {
    get size() {
      return waiting.length;
    },
    order() {
      ordered ??= sort();
      return ordered;
    },
    push(task) {
      waiting.push(task);
      ordered = undefined;
    },
    take(task) {
      waiting = waiting.filter((other) => other !== task);
      ordered = undefined;
      turns.delete(task.client);
      turns.set(task.client, ++clock);
      if (turns.size > CLIENTS_REMEMBERED) turns.delete(turns.keys().next().value!);
    },
    remove(gone) {
      waiting = waiting.filter((task) => !gone.has(task));
      ordered = undefined;
    },
  };
}
