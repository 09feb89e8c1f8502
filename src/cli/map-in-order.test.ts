import fc from "fast-check";
import { expect, it } from "vitest";
import { mapInOrder } from "./map-in-order.ts";

it("keeps the order and the limit, whichever item ends first", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.scheduler(),
      fc.array(fc.nat()),
      fc.integer({ min: 1, max: 5 }),
      async (scheduler, items, limit) => {
        let running = 0;
        let most = 0;
        const results: number[] = [];
        const work = async (item: number) => {
          most = Math.max(most, ++running);
          const result = await scheduler.schedule(Promise.resolve(item * 2));
          running--;
          return result;
        };
        const reading = (async () => {
          for await (const result of mapInOrder(items, limit, work)) results.push(result);
        })();
        await scheduler.waitFor(reading);
        expect(results).toEqual(items.map((item) => item * 2));
        expect(most).toBeLessThanOrEqual(limit);
      },
    ),
  );
});

it("throws where the failing item stands and begins nothing after it", async () => {
  const begun: number[] = [];
  const results: number[] = [];
  const work = async (item: number) => {
    begun.push(item);
    if (item === 2) throw new Error("two");
    return item;
  };
  await expect(async () => {
    for await (const result of mapInOrder([1, 2, 3, 4, 5], 2, work)) results.push(result);
  }).rejects.toThrow("two");
  expect(results).toEqual([1]);
  expect(begun).toEqual([1, 2, 3]);
});
