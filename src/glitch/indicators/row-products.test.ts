import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { embedWat } from "../../../test/support/wat.ts";
import { createRandom } from "../../random.ts";
import { createRowKernel, dot, plainProducts, SKETCH } from "./row-products.ts";

const path = (name: string) => fileURLToPath(new URL(name, import.meta.url));

it("row-products-wasm.ts holds the compiled row-products.wat (renewed by -u)", async () => {
  const source = await embedWat(path("row-products.wat"), "ROW_PRODUCTS_WASM", "row-products.test.ts");
  await expect(source).toMatchFileSnapshot(path("row-products-wasm.ts"));
});

/** Rows of weights about `centre`, so that some are far apart and others nearly alike. */
const cases = fc.record({
  columns: fc.oneof(fc.integer({ min: 1, max: 200 }), fc.constantFrom(64, 4_096, 4_097)),
  centre: fc.constantFrom(0, 0.01, 1),
  spread: fc.constantFrom(1e-4, 0.02, 1, 1e8),
  seed: fc.nat(),
});

function draw({
  columns,
  centre,
  spread,
  seed,
}: {
  columns: number;
  centre: number;
  spread: number;
  seed: number;
}) {
  const random = createRandom(seed);
  const row = () => Float32Array.from({ length: columns }, () => centre + spread * (random() - 0.5));
  return { rows: Array.from({ length: 3 }, row), directions: { a: row(), b: row(), c: row() } };
}

describe("the products of a row", () => {
  it("are those of double precision, to a millionth of the lengths multiplied", () => {
    fc.assert(
      fc.property(cases, (drawn) => {
        const { rows, directions } = draw(drawn);
        const kernel = createRowKernel(drawn.columns);
        kernel.setDirections(directions);
        for (const row of rows) {
          kernel.take(row, 0);
          const [found, plain] = [kernel.products(), plainProducts(row, directions)];
          const lengths = (other: Float32Array) => Math.sqrt(plain.xx * dot(other, other));
          const { a, b, c } = directions;
          const limits = {
            xx: plain.xx,
            xa: lengths(a),
            xb: lengths(b),
            xc: lengths(c),
            aa: plain.aa,
            bb: plain.bb,
          };
          for (const [name, limit] of Object.entries(limits) as [keyof typeof plain, number][])
            expect(Math.abs(found[name] - plain[name]), name).toBeLessThanOrEqual(1e-6 * limit);
        }
      }),
    );
  });

  it("tell rows apart that differ in their last digits, and equal ones not at all", () => {
    const kernel = createRowKernel(4_096);
    const { rows, directions } = draw({ columns: 4_096, centre: 1, spread: 0.5, seed: 1 });
    const a = rows[0]!;
    const near = a.map((x, j) => (j === 7 ? x + 2 ** -20 : x));
    kernel.setDirections({ ...directions, a });
    kernel.take(a, 0);
    expect(kernel.products().aa).toBe(0);
    kernel.take(near, 0);
    expect(Math.sqrt(kernel.products().aa)).toBeCloseTo(2 ** -20, 12);
  });

  it.each([1e-30, 1e-21, 1e25])("of weights near %d stay exact to six digits", (size) => {
    const { rows, directions } = draw({ columns: 70, centre: 0, spread: 1, seed: 5 });
    const scaled = (row: Float32Array) => row.map((x) => x * size);
    for (const [row, a] of [
      [scaled(rows[0]!), directions.a],
      [rows[0]!, scaled(directions.a)],
      [scaled(rows[0]!), scaled(directions.a)],
    ] as const) {
      const kernel = createRowKernel(70);
      kernel.setDirections({ ...directions, a });
      kernel.take(row, 0);
      const [found, plain] = [kernel.products(), plainProducts(row, { ...directions, a })];
      for (const name of ["xx", "xa", "aa"] as const)
        expect(Math.abs(found[name] / plain[name] - 1), name).toBeLessThan(1e-5);
    }
  });

  it("of a row with a NaN are NaN, and the next row's are not", () => {
    const { rows, directions } = draw({ columns: 65, centre: 0, spread: 1, seed: 2 });
    const kernel = createRowKernel(65);
    kernel.setDirections(directions);
    kernel.take(
      rows[0]!.map((x, j) => (j === 64 ? Number.NaN : x)),
      0,
    );
    expect(kernel.products()).toEqual({ xx: NaN, xa: NaN, xb: NaN, xc: NaN, aa: NaN, bb: NaN });
    kernel.take(rows[1]!, 0);
    expect(Object.values(kernel.products()).every(Number.isFinite)).toBe(true);
  });
});

it("sums of rows are exactly those of double precision in the same order", () => {
  fc.assert(
    fc.property(cases, (drawn) => {
      const { rows } = draw(drawn);
      const kernel = createRowKernel(drawn.columns);
      const matrix = Float32Array.from(rows.flatMap((row) => [...row]));
      const wanted = new Float64Array(drawn.columns);
      rows.forEach((row, index) => {
        kernel.take(matrix, index * drawn.columns);
        kernel.addTo(1);
        for (let j = 0; j < drawn.columns; j++) wanted[j]! += row[j]!;
      });
      expect(kernel.sumOf(1)).toEqual(wanted);
      expect(kernel.sumOf(0)).toEqual(new Float64Array(drawn.columns));
    }),
  );
});

it("a sketch adds each column, with its sign, to its cell", () => {
  fc.assert(
    fc.property(cases, (drawn) => {
      const { rows } = draw(drawn);
      const random = createRandom(drawn.seed + 1);
      const signs = Float64Array.from({ length: drawn.columns }, () => (random() < 0.5 ? -1 : 1));
      const kernel = createRowKernel(drawn.columns);
      kernel.setSigns(signs);
      for (const row of rows) {
        kernel.take(row, 0);
        const cells = kernel.sketch();
        const length = Math.sqrt(dot(row, row));
        for (let cell = 0; cell < SKETCH; cell++) {
          let wanted = 0;
          for (let j = cell; j < drawn.columns; j += SKETCH) wanted += signs[j]! * row[j]!;
          expect(Math.abs(cells[cell]! - wanted)).toBeLessThanOrEqual(1e-6 * length);
        }
      }
    }),
  );
});
