import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Task } from "./task.ts";
import { createWaitQueue } from "./wait-queue.ts";

const task = (client: string, priority = 0) => ({ client, priority }) as Task;

/** Takes everything in order; asks for the order anew each time, as the scheduler does. */
function drain(queue: ReturnType<typeof createWaitQueue>): Task[] {
  const taken: Task[] = [];
  for (let next = queue.order()[0]; next; next = queue.order()[0]) {
    queue.take(next);
    taken.push(next);
  }
  return taken;
}

describe("the order of those who wait", () => {
  it("is the order of arrival for one client", () => {
    const queue = createWaitQueue();
    const tasks = Array.from({ length: 20 }, () => task("a"));
    tasks.forEach(queue.push);
    expect(drain(queue)).toEqual(tasks);
    expect(queue.size).toBe(0);
  });

  it("gives another client's first request the next turn, however many wait before it", () => {
    const queue = createWaitQueue();
    for (let i = 0; i < 50; i++) queue.push(task("greedy"));
    queue.take(queue.order()[0]!);
    const late = task("late");
    queue.push(late);
    expect(queue.order()[0]).toBe(late);
  });

  it("does not put a client first that comes back at once, every time", () => {
    const queue = createWaitQueue();
    for (let i = 0; i < 5; i++) queue.push(task("many"));
    const clients: string[] = [];
    for (let i = 0; i < 8; i++) {
      if (!queue.order().some(({ client }) => client === "one by one")) queue.push(task("one by one"));
      const next = queue.order()[0]!;
      queue.take(next);
      clients.push(next.client);
    }
    expect(clients.filter((client) => client === "many")).toHaveLength(4);
  });

  it("forgets nobody and removes who will never start", () => {
    const queue = createWaitQueue();
    const tasks = [task("a"), task("b"), task("a", 1)];
    tasks.forEach(queue.push);
    queue.remove(new Set([tasks[1]!]));
    expect(drain(queue)).toEqual([tasks[0], tasks[2]]);
  });

  it("keeps priorities apart, and within one no client is two turns ahead of another that waits", () => {
    const some = fc.array(fc.record({ client: fc.constantFrom("a", "b", "c", "d"), priority: fc.nat(2) }), {
      maxLength: 40,
    });
    fc.assert(
      fc.property(some, (all) => {
        const queue = createWaitQueue();
        const tasks = all.map(({ client, priority }) => task(client, priority));
        tasks.forEach(queue.push);
        const taken = drain(queue);
        expect(new Set(taken)).toEqual(new Set(tasks));
        expect(taken.map(({ priority }) => priority)).toEqual(
          taken.map(({ priority }) => priority).toSorted((a, b) => a - b),
        );
        for (const priority of [0, 1, 2]) {
          const level = taken.filter((it) => it.priority === priority);
          for (let end = 0; end <= level.length; end++) {
            const turns = (client: string) => level.slice(0, end).filter((it) => it.client === client).length;
            const stillWaiting = new Set(level.slice(end).map(({ client }) => client));
            const most = Math.max(0, ...["a", "b", "c", "d"].map(turns));
            for (const client of stillWaiting) expect(most - turns(client)).toBeLessThanOrEqual(1);
          }
        }
      }),
    );
  });
});
