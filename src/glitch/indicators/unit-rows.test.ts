import fc from "fast-check";
import { expect, test } from "vitest";
import { createRandom } from "../../random.ts";
import { rowSource } from "../../testing/scripted-mine.ts";
import { nearestRows, readUnitRows } from "./unit-rows.ts";

const COLUMNS = 48;
const random = createRandom(9);
const matrix = Array.from({ length: 300 }, () =>
  Float32Array.from({ length: COLUMNS }, () => random() - 0.5),
);
const ids = [...matrix.keys()];

function cosine(a: Float32Array, b: Float32Array): number {
  const dot = (x: Float32Array, y: Float32Array) => x.reduce((sum, value, j) => sum + value * y[j]!, 0);
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
}

test("finds nearly the neighbours that the exact rows have", async () => {
  const rows = await readUnitRows(rowSource(matrix));
  const asked = ids.filter((id) => id % 10 === 0);
  let shared = 0;
  for (const from of asked) {
    const cosines = matrix.map((row) => cosine(matrix[from]!, row));
    const exact = ids.filter((id) => id !== from).sort((a, b) => cosines[b]! - cosines[a]!);
    const found = nearestRows(rows, from, ids, 16);
    shared += exact.slice(0, 16).filter((id) => found.includes(id)).length;
  }
  expect(shared / (16 * asked.length)).toBeGreaterThan(0.95);
});

test("does not depend on the length of rows, on how they come or on the order of those asked about", async () => {
  const rows = await readUnitRows(rowSource(matrix, 7));
  const scaled = await readUnitRows(
    rowSource(matrix.map((row, id) => row.map((value) => value * 2 ** (id % 9)))),
  );
  expect(scaled.data).toEqual(rows.data);
  expect(nearestRows(scaled, 5, [...ids].reverse(), 9)).toEqual(nearestRows(rows, 5, ids, 9));
});

test("stays within the limit by folding, and still tells opposite from like", async () => {
  const like = Float32Array.from(matrix[0]!, (value) => 1.1 * value);
  const opposite = Float32Array.from(matrix[0]!, (value) => -value);
  const rows = await readUnitRows(rowSource([matrix[0]!, opposite, like]), 3 * 12);
  expect(rows.width).toBe(12);
  expect(nearestRows(rows, 0, [1, 2], 2)).toEqual([2, 1]);
});

test("rows of zeros and rows that are no numbers have no direction, and hurt nobody", async () => {
  const bad = Float32Array.from({ length: COLUMNS }, () => Number.NaN);
  const rows = await readUnitRows(rowSource([matrix[0]!, new Float32Array(COLUMNS), bad, matrix[1]!]));
  expect([...rows.inverseNorm.subarray(1, 3)]).toEqual([0, 0]);
  expect(new Set(nearestRows(rows, 0, [1, 2, 3], 3))).toEqual(new Set([1, 2, 3]));
});

test("gives as many as were asked for, without the token itself", async () => {
  const rows = await readUnitRows(rowSource(matrix));
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.nat({ max: 299 })),
      fc.nat({ max: 299 }),
      fc.nat({ max: 20 }),
      (some, from, count) => {
        const found = nearestRows(rows, from, some, count);
        const others = some.filter((id) => id !== from);
        expect(found).toHaveLength(Math.min(count, others.length));
        expect(new Set(found).size).toBe(found.length);
        expect(found.every((id) => others.includes(id))).toBe(true);
      },
    ),
  );
});
