/**
 * One row of logits in WebAssembly memory, and fast passes over it. Plain JavaScript has no vector
 * instructions: with it the statistics of a small model's rows were an eighth of each step (bench/probes.ts).
 */

import { ensureBytes, type WasmMemory, wasmKernel } from "../wasm-kernel.ts";
import { LOGIT_ROW_WASM } from "./logit-row-wasm.ts";

interface Kernel {
  memory: WasmMemory;
  largest(n: number): number;
  sums(n: number, max: number): void;
  groupAbove(from: number, n: number, bound: number): number;
  countAbove(n: number, bound: number): number;
  countEqual(n: number, value: number): number;
}

/** Logits that one turn of a pass takes. */
const GROUP = 16;
const ROW_OFFSET = 64;

const instantiate = wasmKernel<Kernel>(LOGIT_ROW_WASM);
let kernel: Kernel | undefined;
let results = new Float64Array(0);
let cells = new Float32Array(0);

export interface LogitRow {
  /** The largest logit. A NaN among them shows in the sums. */
  readonly max: number;
  logit(id: number): number;
  /** The sums of exp(-x) and of x exp(-x) over x = max - logit, relative error under 1e-6. */
  exponentialSums(): { sum: number; weighted: number };
  /** Place of an id in the order of logits, of equal ones the lower id first; 1 is the best. */
  rank(id: number): number;
  /** The id of the largest logit, of equal ones the lowest; -1 if the largest is NaN. */
  best(): number;
  /** Ids of the logits above a bound, in order. */
  above(bound: number): number[];
  /** Ids of the k largest logits, best first; of equal ones the lower id. */
  top(k: number): number[];
}

/** Copies a row, [vocabulary], where the passes can see it. The next call overwrites it. */
export function logitRow(logits: Float32Array): LogitRow {
  const { length } = logits;
  const padded = Math.ceil(length / GROUP) * GROUP;
  const { largest, sums, groupAbove, countAbove, countEqual } = roomFor(padded);
  const row = cells;
  row.set(logits);
  row.fill(Number.NEGATIVE_INFINITY, length, padded);
  const max = largest(padded);
  return {
    max,
    logit: (id) => row[id]!,
    exponentialSums() {
      sums(padded, max);
      return { sum: results[0]!, weighted: results[1]! };
    },
    rank(id) {
      const wanted = row[id]!;
      const whole = id - (id % GROUP);
      let ahead = countAbove(padded, wanted) + countEqual(whole, wanted);
      for (let other = whole; other < id; other++) if (row[other] === wanted) ahead++;
      return ahead + 1;
    },
    best: () => row.subarray(0, length).indexOf(max),
    above(bound) {
      const ids: number[] = [];
      for (
        let group = groupAbove(0, padded, bound);
        group < padded;
        group = groupAbove(group + GROUP, padded, bound)
      )
        for (let id = group; id < group + GROUP; id++) if (row[id]! > bound) ids.push(id);
      return ids;
    },
    top(k) {
      const size = Math.min(k, length);
      const ids: number[] = [];
      const insert = (id: number) => {
        let at = ids.length;
        while (at > 0 && row[ids[at - 1]!]! < row[id]!) at--;
        ids.splice(at, 0, id);
      };
      const worst = () => row[ids[size - 1]!]!;
      for (let id = 0; id < size; id++) insert(id);
      const first = groupAbove(size - (size % GROUP), padded, worst());
      for (let group = first; group < padded; group = groupAbove(group + GROUP, padded, worst())) {
        for (let id = Math.max(group, size); id < group + GROUP; id++) {
          if (!(row[id]! > worst())) continue;
          ids.pop();
          insert(id);
        }
      }
      return ids;
    },
  };
}

/** The kernel, with memory for a row of `padded` logits. */
function roomFor(padded: number): Kernel {
  kernel ??= instantiate();
  ensureBytes(kernel.memory, ROW_OFFSET + padded * Float32Array.BYTES_PER_ELEMENT);
  if (cells.buffer !== kernel.memory.buffer) {
    results = new Float64Array(kernel.memory.buffer, 0, 2);
    cells = new Float32Array(kernel.memory.buffer, ROW_OFFSET);
  }
  return kernel;
}
