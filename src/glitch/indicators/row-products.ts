/**
 * Sums and inner products of a matrix's rows in WebAssembly memory. In plain JavaScript they took four times as
 * long as reading and dequantising the matrix (bench/indicators.ts).
 */

import { ensureBytes, type WasmMemory, wasmKernel } from "../../wasm-kernel.ts";
import { ROW_PRODUCTS_WASM } from "./row-products-wasm.ts";

type Kernel = {
  memory: WasmMemory;
  products(x: number, abc: number, bytes: number): void;
  addRow(x: number, sums: number, bytes: number): void;
  sketch(x: number, flips: number, bytes: number, out: number): void;
};

/** Weights that are added in float32 before float64 takes over; rows are padded to whole blocks with zeros. */
const BLOCK = 64;
/** Width of the sketch: one block, as the kernel's loop has it. */
export const SKETCH = BLOCK;
/** Of each direction as many weights follow one another as a vector holds. */
const LANES = 4;
const RESULT_BYTES = 64;
/** Squared lengths between which no product of two weights that matters leaves float32's range. */
const [LEAST_SQUARE, MOST_SQUARE] = [1e-20, 1e20];

/** Rows that all rows are multiplied with, rounded to float32: a and b, to which distances are measured, and c. */
export interface Directions {
  readonly a: Float32Array;
  readonly b: Float32Array;
  readonly c: Float32Array;
}

/** x·x, x·a, x·b, x·c, |x - a|² and |x - b|² of a row x. */
export interface RowProducts {
  xx: number;
  xa: number;
  xb: number;
  xc: number;
  aa: number;
  bb: number;
}

/** One row at a time, and what is computed from it. */
export interface RowKernel {
  /** Copies the row that begins at `start`; the other calls are about it. */
  take(data: Float32Array, start: number): void;
  /** Adds the row to the first or second sum. */
  addTo(sum: 0 | 1): void;
  /** [columns] What was added up, in double precision. */
  sumOf(sum: 0 | 1): Float64Array;
  /** Sets what `products` multiplies with. */
  setDirections(directions: Directions): void;
  /**
   * Relative to |x|² (to |x| |a| for x·a, and so on) the error is under 1e-6: float32 within a block, float64
   * over blocks. Rows and directions of lengths that float32 cannot square are computed in float64 throughout.
   */
  products(): RowProducts;
  /** Sets the sign of each column, 1 or -1, for `sketch`. */
  setSigns(signs: ArrayLike<number>): void;
  /** [SKETCH] Column j times its sign, added to cell j mod SKETCH. Overwritten by the next call. */
  sketch(): Float32Array;
}

const instantiate = wasmKernel<Kernel>(ROW_PRODUCTS_WASM);

/** A kernel for rows of so many columns, with memory of its own. */
export function createRowKernel(columns: number): RowKernel {
  const padded = Math.max(1, Math.ceil(columns / BLOCK)) * BLOCK;
  const bytes = padded * Float32Array.BYTES_PER_ELEMENT;
  const rowAt = RESULT_BYTES;
  const abcAt = rowAt + bytes;
  const flipsAt = abcAt + 3 * bytes;
  const sketchAt = flipsAt + bytes;
  const sumBytes = padded * Float64Array.BYTES_PER_ELEMENT;
  const firstSumAt = sketchAt + SKETCH * Float32Array.BYTES_PER_ELEMENT;
  const sumsAt = [firstSumAt, firstSumAt + sumBytes] as const;
  const { memory, products, addRow, sketch } = instantiate();
  ensureBytes(memory, sumsAt[1] + sumBytes);
  const { buffer } = memory;
  const results = new Float64Array(buffer, 0, 6);
  const row = new Float32Array(buffer, rowAt, columns);
  const abc = new Float32Array(buffer, abcAt, 3 * padded);
  const flips = new Int32Array(buffer, flipsAt, columns);
  const cells = new Float32Array(buffer, sketchAt, SKETCH);
  let given: Directions | undefined;
  let isTame = false;

  return {
    take: (data, start) => row.set(data.subarray(start, start + columns)),
    addTo: (sum) => addRow(rowAt, sumsAt[sum], bytes),
    sumOf: (sum) => new Float64Array(buffer, sumsAt[sum], columns).slice(),
    setDirections(directions) {
      given = directions;
      const inTurn = [directions.a, directions.b, directions.c];
      isTame = inTurn.every((it) => it.every((x) => x === 0) || isSquarable(dot(it, it)));
      inTurn.forEach((direction, which) => {
        for (let j = 0; j < columns; j++)
          abc[Math.floor(j / LANES) * 3 * LANES + which * LANES + (j % LANES)] = direction[j]!;
      });
    },
    products() {
      if (!given) throw new RangeError("products before setDirections");
      products(rowAt, abcAt, bytes);
      const [xx = 0, xa = 0, xb = 0, xc = 0, aa = 0, bb = 0] = results;
      return isTame && isSquarable(xx) ? { xx, xa, xb, xc, aa, bb } : plainProducts(row, given);
    },
    setSigns(signs) {
      for (let j = 0; j < columns; j++) flips[j] = signs[j]! < 0 ? -0x8000_0000 : 0;
    },
    sketch() {
      sketch(rowAt, flipsAt, bytes, sketchAt);
      return cells;
    },
  };
}

/** The same in double precision, one weight at a time. */
export function plainProducts(row: Float32Array, { a, b, c }: Directions): RowProducts {
  const sum = { xx: 0, xa: 0, xb: 0, xc: 0, aa: 0, bb: 0 };
  for (let j = 0; j < row.length; j++) {
    const x = row[j]!;
    sum.xx += x * x;
    sum.xa += x * a[j]!;
    sum.xb += x * b[j]!;
    sum.xc += x * c[j]!;
    sum.aa += (x - a[j]!) ** 2;
    sum.bb += (x - b[j]!) ** 2;
  }
  return sum;
}

/** Inner product in double precision. */
export function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let j = 0; j < a.length; j++) sum += a[j]! * b[j]!;
  return sum;
}

function isSquarable(square: number): boolean {
  return square > LEAST_SQUARE && square < MOST_SQUARE;
}
