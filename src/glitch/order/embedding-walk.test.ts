import fc from "fast-check";
import { expect, test, vi } from "vitest";
import { rowSource } from "../../testing/scripted-mine.ts";
import { readUnitRows } from "../indicators/unit-rows.ts";
import { startWalk, WALK_BATCH, walkCharge } from "./embedding-walk.ts";

/** Rows on a half circle, so that the nearest of an id are its neighbours in number. */
const COUNT = 60;
const rows = await readUnitRows(
  rowSource(
    Array.from({ length: COUNT }, (_, id) =>
      Float32Array.of(Math.cos((Math.PI * id) / COUNT), Math.sin((Math.PI * id) / COUNT)),
    ),
  ),
);
const ids = Array.from({ length: COUNT }, (_, id) => id);
const uphill = (asked: readonly number[]) => Promise.resolve(asked.map((id) => id));

async function walk(sizes: readonly number[], options: Partial<Parameters<typeof startWalk>[0]> = {}) {
  const order = startWalk({ rows, ids, start: 20, neighbours: 8, lookAhead: uphill, ...options });
  const all: number[] = [];
  for (let turn = 0; ; turn++) {
    const page = await order.next(sizes[turn % sizes.length]!);
    if (page.length === 0) return all;
    all.push(...page);
  }
}

test("a step tests the most uncertain of the nearest, and goes on from the first of them", async () => {
  const first = await walk([WALK_BATCH], { neighbours: 16 });
  // Of the sixteen nearest to 20 (12 to 28 but itself) the eight of highest entropy, then on from 28.
  expect(first.slice(0, 8)).toEqual([28, 27, 26, 25, 24, 23, 22, 21]);
  expect(first[8]).toBeGreaterThan(28);
});

test("gives every id once, in the same order whatever the size of pages", async () => {
  const whole = await walk([COUNT]);
  expect([...whole].sort((a, b) => a - b)).toEqual(ids);
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 6 }),
      async (sizes) => {
        expect(await walk(sizes)).toEqual(whole);
      },
    ),
    { numRuns: 30 },
  );
});

test("what is left out comes last, in the order given; a single id has no neighbour and is given all the same", async () => {
  const rest = [40, 3, 17];
  const all = await walk([7], { ids: ids.filter((id) => !rest.includes(id)), rest });
  expect(all.slice(-3)).toEqual(rest);
  expect(await walk([5], { ids: [20] })).toEqual([20]);
});

test("asks about each id once and never about more than the neighbours of a step", async () => {
  const lookAhead = vi.fn(uphill);
  await walk([8], { lookAhead, neighbours: 16 });
  const asked = lookAhead.mock.calls.map(([some]) => some);
  expect(asked.flat()).toHaveLength(new Set(asked.flat()).size);
  expect(Math.max(...asked.map((some) => some.length))).toBeLessThanOrEqual(16);
});

test("is charged a gradient of three probes for each step begun", () => {
  expect([0, 1, 8, 9, 400].map(walkCharge)).toEqual([0, 4, 11, 15, 550]);
});
