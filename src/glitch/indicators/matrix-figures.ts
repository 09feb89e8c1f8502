/** Figures of every row of one embedding matrix, from two passes over a stream of its rows. */

import { createRandom } from "../../random.ts";
import { firstComponent } from "./first-component.ts";
import { createRowKernel, dot, type RowKernel, SKETCH } from "./row-products.ts";

export { SKETCH };

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
 * component; the second takes all inner products of a row in one go, and the figures follow from them.
 *
 * Memory: one chunk, the sample and a few values a row, whatever the size of the matrix.
 */
export async function measureMatrix(source: RowSource, options: MatrixOptions): Promise<MatrixFigures> {
  const { rows, columns } = source;
  const isUnused = new Uint8Array(rows);
  for (const id of options.unused) if (id < rows) isUnused[id] = 1;
  const kernel = createRowKernel(columns);
  const { mean, unused, sample, unusedRows } = await collect(source, kernel, isUnused, options.seed);
  const a = Float32Array.from(mean);
  const b = Float32Array.from(unused);
  const c = Float32Array.from(firstComponent(sample, columns, mean, options.seed));
  kernel.setDirections({ a, b, c });
  const sketch = options.sketch ? createSketch(kernel, rows, a, options.seed) : undefined;

  const column = () => new Float32Array(rows);
  const figures = { norm: column(), meanDistance: column(), meanCosine: column() };
  const near =
    unusedRows > 0
      ? { distance: column(), cosine: column(), distanceNoPc: column(), cosineNoPc: column() }
      : undefined;
  const meanSquare = dot(a, a);
  const unusedSquare = dot(b, b);
  const unusedAlong = dot(b, c);
  for await (const { first, rows: count, data } of source.stream()) {
    for (let row = 0; row < count; row++) {
      const id = first + row;
      kernel.take(data, row * columns);
      const { xx, xa, xb, xc, aa, bb } = kernel.products();
      figures.norm[id] = Math.sqrt(xx);
      figures.meanDistance[id] = Math.sqrt(aa);
      figures.meanCosine[id] = cosineDistance(xx, xa, meanSquare);
      if (near) {
        near.distance[id] = Math.sqrt(bb);
        near.cosine[id] = cosineDistance(xx, xb, unusedSquare);
        // Removing the component c takes (x·c)(u·c) from x·u, (x·c)² from |x|² and ((x - u)·c)² from |x - u|².
        const rest = xx - xc * xc;
        const restUnused = unusedSquare - unusedAlong * unusedAlong;
        near.distanceNoPc[id] = Math.sqrt(Math.max(0, bb - (xc - unusedAlong) ** 2));
        near.cosineNoPc[id] = cosineDistance(rest, xb - xc * unusedAlong, restUnused);
      }
      sketch?.add(id);
    }
  }
  return { ...figures, ...(near && { unused: near }), ...(sketch && { sketch: sketch.values }) };
}

/** First pass: mean row, mean unused row, and a seeded sample of rows [SAMPLE_ROWS, columns]. */
async function collect(source: RowSource, kernel: RowKernel, isUnused: Uint8Array, seed: number) {
  const { rows, columns } = source;
  const random = createRandom(seed);
  const sampleSize = Math.min(rows, SAMPLE_ROWS);
  const sample = new Float32Array(sampleSize * columns);
  let taken = 0;
  let unusedRows = 0;
  for await (const { first, rows: count, data } of source.stream()) {
    for (let row = 0; row < count; row++) {
      const id = first + row;
      const start = row * columns;
      kernel.take(data, start);
      kernel.addTo(0);
      if (isUnused[id] === 1) {
        kernel.addTo(1);
        unusedRows++;
      }
      // Knuth's selection sampling: every row has the same chance, in one pass, in order.
      if (random() * (rows - id) < sampleSize - taken) {
        sample.set(data.subarray(start, start + columns), taken * columns);
        taken++;
      }
    }
  }
  const mean = kernel.sumOf(0).map((sum) => sum / rows);
  const unused = kernel.sumOf(1).map((sum) => (unusedRows > 0 ? sum / unusedRows : 0));
  return { mean, unused, sample, unusedRows };
}

function createSketch(kernel: RowKernel, rows: number, mean: Float32Array, seed: number) {
  const random = createRandom(seed ^ 0x5ce7c4);
  kernel.setSigns(Float64Array.from(mean, () => (random() < 0.5 ? -1 : 1)));
  // Sketches are linear: the mean's is taken off where its own row would be.
  kernel.take(mean, 0);
  const ofMean = kernel.sketch().slice();
  const values = new Float32Array(rows * SKETCH);
  return {
    values,
    /** Keeps the sketch of the row that the kernel holds. */
    add(id: number) {
      const cells = kernel.sketch();
      const to = id * SKETCH;
      for (let i = 0; i < SKETCH; i++) values[to + i] = cells[i]! - ofMean[i]!;
    },
  };
}

/** 1 - cosine; 1 where either vector is zero. */
function cosineDistance(square: number, product: number, otherSquare: number): number {
  const length = Math.sqrt(square * otherSquare);
  return length > 0 ? 1 - product / length : 1;
}
