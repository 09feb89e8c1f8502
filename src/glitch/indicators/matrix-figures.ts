/** Figures of every row of one embedding matrix, from two passes over a stream of its rows. */

import { createRandom } from "../../random.ts";
import { firstComponent } from "./first-component.ts";

/** A matrix that can be read from the start more than once. */
export interface RowSource {
  readonly rows: number;
  readonly columns: number;
  /** Chunks in order; `data` is [rows, columns] and may be overwritten after the next chunk was asked for. */
  stream(): AsyncIterable<{ first: number; rows: number; data: Float32Array }>;
}

/** One value a row; distances are smaller for rows that look never trained. */
export interface MatrixFigures {
  /** L2 norm. */
  readonly norm: Float32Array;
  /** L2 distance to the mean row. */
  readonly meanDistance: Float32Array;
  /** 1 - cosine to the mean row. */
  readonly meanCosine: Float32Array;
  /** Against the mean of the known-unused rows; absent where none are known. */
  readonly unused?: UnusedFigures;
  /**
   * [rows, SKETCH] A count sketch (Charikar, Chen and Farach-Colton 2002) of row minus mean: inner products
   * hold in expectation, at one addition a weight where a dense projection would take SKETCH.
   */
  readonly sketch?: Float32Array;
}

/** How near each row is to the mean of those that training can't have shown. */
export interface UnusedFigures {
  /** L2 distance. */
  readonly distance: Float32Array;
  /** 1 - cosine. */
  readonly cosine: Float32Array;
  /** The same two after the first principal component was removed (Land and Bartolo 2024). */
  readonly distanceNoPc: Float32Array;
  readonly cosineNoPc: Float32Array;
}

/** Width of the sketch; a power of two. */
export const SKETCH = 64;

/** Rows from which the first component is estimated: 4 MiB at 4,096 columns; it dominates or does not matter. */
const SAMPLE_ROWS = 256;

export interface MatrixOptions {
  /** Rows known to be unused; none leaves out the figures that need them. */
  unused: readonly number[];
  seed: number;
  /** Also make the sketch. @default false */
  sketch?: boolean;
}

/**
 * Measures every row. The first pass finds the mean, the mean of the unused rows and a sample for the first
 * component; the second takes all inner products of a row in one go, and the distances follow from them:
 * |x - m|² = |x|² - 2 x·m + |m|².
 *
 * Memory: one chunk, the sample and a few values a row, whatever the size of the matrix.
 */
export async function measureMatrix(source: RowSource, options: MatrixOptions): Promise<MatrixFigures> {
  const { rows, columns } = source;
  const isUnused = new Uint8Array(rows);
  let unusedRows = 0;
  for (const id of options.unused)
    if (id < rows && isUnused[id] === 0) {
      isUnused[id] = 1;
      unusedRows++;
    }
  const { mean, unused, sample } = await collect(source, isUnused, unusedRows, options.seed);
  const pc = firstComponent(sample, columns, mean, options.seed);
  const sketch = options.sketch ? createSketch(rows, columns, mean, options.seed) : undefined;

  const column = () => new Float32Array(rows);
  const figures = { norm: column(), meanDistance: column(), meanCosine: column() };
  const near =
    unusedRows > 0
      ? { distance: column(), cosine: column(), distanceNoPc: column(), cosineNoPc: column() }
      : undefined;
  const meanSquare = dot(mean, mean);
  const unusedSquare = dot(unused, unused);
  const unusedAlong = dot(unused, pc);
  const products = new Float64Array(4);
  for await (const { first, rows: count, data } of source.stream()) {
    for (let row = 0; row < count; row++) {
      const id = first + row;
      innerProducts(data, row * columns, mean, unused, pc, products);
      const [square = 0, alongMean = 0, alongUnused = 0, along = 0] = products;
      figures.norm[id] = Math.sqrt(square);
      figures.meanDistance[id] = distance(square, alongMean, meanSquare);
      figures.meanCosine[id] = cosineDistance(square, alongMean, meanSquare);
      if (near) {
        near.distance[id] = distance(square, alongUnused, unusedSquare);
        near.cosine[id] = cosineDistance(square, alongUnused, unusedSquare);
        // Removing the component c takes (x·c)(u·c) from x·u, and (x·c)² from |x|².
        const rest = square - along * along;
        const restUnused = unusedSquare - unusedAlong * unusedAlong;
        const product = alongUnused - along * unusedAlong;
        near.distanceNoPc[id] = distance(rest, product, restUnused);
        near.cosineNoPc[id] = cosineDistance(rest, product, restUnused);
      }
      sketch?.add(data, row * columns, id);
    }
  }
  return { ...figures, ...(near && { unused: near }), ...(sketch && { sketch: sketch.values }) };
}

/** First pass: mean row, mean unused row, and a seeded sample of rows [SAMPLE_ROWS, columns]. */
async function collect(source: RowSource, isUnused: Uint8Array, unusedRows: number, seed: number) {
  const { rows, columns } = source;
  const mean = new Float64Array(columns);
  const unused = new Float64Array(columns);
  const random = createRandom(seed);
  const sampleSize = Math.min(rows, SAMPLE_ROWS);
  const sample = new Float32Array(sampleSize * columns);
  let taken = 0;
  for await (const { first, rows: count, data } of source.stream()) {
    for (let row = 0; row < count; row++) {
      const id = first + row;
      const start = row * columns;
      addRow(mean, data, start);
      if (isUnused[id] === 1) addRow(unused, data, start);
      // Knuth's selection sampling: every row has the same chance, in one pass, in order.
      if (random() * (rows - id) < sampleSize - taken) {
        sample.set(data.subarray(start, start + columns), taken * columns);
        taken++;
      }
    }
  }
  for (let j = 0; j < columns; j++) {
    mean[j]! /= rows;
    if (unusedRows > 0) unused[j]! /= unusedRows;
  }
  return { mean, unused, sample };
}

function addRow(sum: Float64Array, data: Float32Array, start: number): void {
  for (let j = 0; j < sum.length; j++) sum[j]! += data[start + j]!;
}

/** x·x, x·a, x·b, x·c in one walk over the row: the walk, not the multiplications, is what costs. */
function innerProducts(
  data: Float32Array,
  start: number,
  a: Float64Array,
  b: Float64Array,
  c: Float64Array,
  out: Float64Array,
): void {
  let xx = 0;
  let xa = 0;
  let xb = 0;
  let xc = 0;
  for (let j = 0; j < a.length; j++) {
    const x = data[start + j]!;
    xx += x * x;
    xa += x * a[j]!;
    xb += x * b[j]!;
    xc += x * c[j]!;
  }
  out[0] = xx;
  out[1] = xa;
  out[2] = xb;
  out[3] = xc;
}

function createSketch(rows: number, columns: number, mean: Float64Array, seed: number) {
  const random = createRandom(seed ^ 0x5ce7c4);
  const signs = Float64Array.from({ length: columns }, () => (random() < 0.5 ? -1 : 1));
  const values = new Float32Array(rows * SKETCH);
  return {
    values,
    add(data: Float32Array, start: number, id: number) {
      const to = id * SKETCH;
      for (let j = 0; j < columns; j++)
        values[to + (j & (SKETCH - 1))]! += signs[j]! * (data[start + j]! - mean[j]!);
    },
  };
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let j = 0; j < a.length; j++) sum += a[j]! * b[j]!;
  return sum;
}

function distance(square: number, product: number, otherSquare: number): number {
  return Math.sqrt(Math.max(0, square - 2 * product + otherSquare));
}

/** 1 - cosine; 1 where either vector is zero. */
function cosineDistance(square: number, product: number, otherSquare: number): number {
  const length = Math.sqrt(square * otherSquare);
  return length > 0 ? 1 - product / length : 1;
}
