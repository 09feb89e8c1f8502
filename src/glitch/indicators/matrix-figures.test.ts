import { describe, expect, test } from "vitest";
import { createRandom } from "../../random.ts";
import { rowSource } from "../../testing/scripted-mine.ts";
import { firstComponent } from "./first-component.ts";
import { indicatorColumns, measureIndicators } from "./indicators.ts";
import { measureMatrix, SKETCH } from "./matrix-figures.ts";

const random = createRandom(3);
const COLUMNS = 96;
const ROWS = Array.from({ length: 230 }, (_, row) =>
  Float32Array.from({ length: COLUMNS }, (_, j) => random() - 0.5 + (j === 0 ? row / 20 : 0)),
);
const UNUSED = [3, 5, 200];

const dot = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  Array.from(a).reduce((sum, value, i) => sum + value * b[i]!, 0);
const average = (rows: Float32Array[]) =>
  Float64Array.from({ length: COLUMNS }, (_, j) => rows.reduce((sum, row) => sum + row[j]!, 0) / rows.length);
const less = (a: ArrayLike<number>, b: ArrayLike<number>) => Array.from(a, (value, i) => value - b[i]!);
const length = (a: ArrayLike<number>) => Math.sqrt(dot(a, a));

describe("measureMatrix", () => {
  test("equals the definitions, row by row", async () => {
    const figures = await measureMatrix(rowSource(ROWS, 64), { unused: UNUSED, seed: 1 });
    const mean = average(ROWS);
    const unused = average(UNUSED.map((id) => ROWS[id]!));
    const pc = firstComponent(Float32Array.from(ROWS.flatMap((row) => [...row])), COLUMNS, mean, 1);
    const without = (row: ArrayLike<number>) =>
      less(
        row,
        Array.from(pc, (c) => c * dot(row, pc)),
      );
    ROWS.forEach((row, id) => {
      const near = (value: number, wanted: number) => expect(value).toBeCloseTo(wanted, 4);
      near(figures.norm[id]!, length(row));
      near(figures.meanDistance[id]!, length(less(row, mean)));
      near(figures.meanCosine[id]!, 1 - dot(row, mean) / (length(row) * length(mean)));
      near(figures.unused!.distance[id]!, length(less(row, unused)));
      near(figures.unused!.cosine[id]!, 1 - dot(row, unused) / (length(row) * length(unused)));
      const [rest, restUnused] = [without(row), without(unused)];
      near(figures.unused!.distanceNoPc[id]!, length(less(rest, restUnused)));
      near(figures.unused!.cosineNoPc[id]!, 1 - dot(rest, restUnused) / (length(rest) * length(restUnused)));
    });
  });

  test("does not depend on how the rows come", async () => {
    const options = { unused: UNUSED, seed: 1, sketch: true };
    const [small, large] = [
      await measureMatrix(rowSource(ROWS, 7), options),
      await measureMatrix(rowSource(ROWS, 1_000), options),
    ];
    expect(small).toEqual(large);
  });

  test("leaves out what needs unused rows where none are known", async () => {
    const figures = await measureMatrix(rowSource(ROWS), { unused: [], seed: 1 });
    expect(figures.unused).toBeUndefined();
    const ignored = await measureMatrix(rowSource(ROWS), { unused: [ROWS.length + 5], seed: 1 });
    expect(ignored.unused).toBeUndefined();
  });

  test("sketches keep inner products about right", async () => {
    const { sketch } = await measureMatrix(rowSource(ROWS), { unused: [], seed: 1, sketch: true });
    const mean = average(ROWS);
    const row = (id: number) => sketch!.subarray(id * SKETCH, (id + 1) * SKETCH);
    const exact = dot(less(ROWS[10]!, mean), less(ROWS[20]!, mean));
    const self = dot(less(ROWS[10]!, mean), less(ROWS[10]!, mean));
    expect(Math.abs(dot(row(10), row(20)) - exact)).toBeLessThan(0.3 * self);
  });

  test("zero rows give distances, not NaN", async () => {
    const rows = Array.from({ length: 5 }, () => new Float32Array(8));
    const figures = await measureMatrix(rowSource(rows), { unused: [0], seed: 1 });
    expect([...figures.unused!.cosineNoPc, ...figures.meanDistance].every(Number.isFinite)).toBe(true);
  });
});

test("the first component is the direction of most variance", () => {
  const sample = Float32Array.from(ROWS.flatMap((row) => [...row]));
  const pc = firstComponent(sample, COLUMNS, average(ROWS), 1);
  expect(length(pc)).toBeCloseTo(1, 9);
  expect(Math.abs(pc[0]!)).toBeGreaterThan(0.99);
});

test("a tied model has one matrix and one set of names", async () => {
  const tied = await measureIndicators(rowSource(ROWS), undefined, { unused: UNUSED, seed: 1, sketch: true });
  expect(tied.output.sketch).toBeDefined();
  expect(indicatorColumns(tied).every(({ name }) => name.startsWith("input"))).toBe(true);
  const untied = await measureIndicators(rowSource(ROWS), rowSource(ROWS), { unused: UNUSED, seed: 1 });
  expect(indicatorColumns(untied)).toHaveLength(14);
  expect(new Set(indicatorColumns(untied).map(({ name }) => name)).size).toBe(14);
});
