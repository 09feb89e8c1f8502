/**
 * The candidates of a draw: top-k, then top-p, as llama.cpp's samplers have them (src/llama-sampler.cpp), without
 * sorting a whole vocabulary. What top-p keeps lies within a few nats of the best, and those are found in one pass.
 */

import type { LogitRow } from "./logit-row.ts";

export interface NucleusOptions {
  readonly temperature: number;
  /** 0 keeps all. */
  readonly topK: number;
  /** 1 keeps all. */
  readonly topP: number;
}

export interface Nucleus {
  /** Of the whole vocabulary; undefined where nothing can be left out. */
  ofAll(row: LogitRow): readonly number[] | undefined;
  /** Of these ids. */
  of(logits: Float32Array, ids: readonly number[]): readonly number[];
}

/** More than so many best ones are sorted faster by a plain sort. */
const MOST_INSERTED = 256;
/** Distances from the best logit, in nats, at which most of the probability is looked for. */
const DISTANCES = [3, 6, 12];
/** A draw leaves out what has less than e^-24 of the best one's chance: a millionth of all, were it 32,000 ids. */
const NEGLIGIBLE = 24;

/** Creates the cut. */
export function createNucleus({ temperature, topK, topP }: NucleusOptions): Nucleus {
  /** @param ids best first @param total the sum of exp(logit - best) that topP is a part of */
  const keep = (logit: (id: number) => number, ids: readonly number[], total: number) => {
    const best = logit(ids[0]!);
    let sum = 0;
    for (const [index, id] of ids.entries()) {
      sum += Math.exp(logit(id) - best);
      if (sum >= topP * total) return ids.slice(0, index + 1);
    }
    return ids;
  };
  const massOf = (logit: (id: number) => number, ids: readonly number[], best: number) =>
    ids.reduce((sum, id) => sum + Math.exp(logit(id) - best), 0);
  const sorted = (logit: (id: number) => number, ids: readonly number[]) =>
    ids.toSorted((a, b) => logit(b) - logit(a) || a - b);
  const of = (logit: (id: number) => number, ids: readonly number[]) => {
    if (topK <= 0 && topP >= 1) return ids;
    const best = sorted(logit, ids).slice(0, topK > 0 ? topK : ids.length);
    return topP < 1 ? keep(logit, best, massOf(logit, best, logit(best[0]!))) : best;
  };
  return {
    of: (logits, ids) => of((id) => logits[id]!, ids),
    ofAll(row) {
      const { logit, max } = row;
      if (topK > 0 && topK <= MOST_INSERTED) {
        const best = row.top(topK);
        return topP < 1 ? keep(logit, best, massOf(logit, best, max)) : best;
      }
      if (topK > 0) return of(logit, row.above(Number.NEGATIVE_INFINITY));
      if (topP >= 1) return temperature < 1 ? row.above(max - NEGLIGIBLE * temperature) : undefined;
      const total = row.exponentialSums().sum;
      for (const distance of DISTANCES) {
        const near = row.above(max - distance);
        // A little more than topP, as sums in another order differ in their last bits.
        if (massOf(logit, near, max) >= topP * total * (1 + 1e-6))
          return keep(logit, sorted(logit, near), total);
      }
      return keep(logit, sorted(logit, row.above(Number.NEGATIVE_INFINITY)), total);
    },
  };
}
