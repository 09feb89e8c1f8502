/** Does a predicted model fit? Told apart: what must be in memory, and what the system may drop and read again. */

import type { MemoryFacts } from "./memory-facts.ts";
import type { DeviceMemory, MemoryPrediction } from "./memory-prediction.ts";

/** "tight": it runs, slower than it could. */
export type MemoryVerdict = "fits" | "tight" | "too-large";

export interface MemoryAssessment {
  readonly verdict: MemoryVerdict;
  /** Where it does not fit; "machine": mapped weights are larger than all RAM there is. */
  readonly where: "ram" | "machine" | "gpu" | undefined;
  /** Bytes that are wanted there and bytes that are there. */
  readonly needed: number;
  readonly available: number;
  /** The first GPU that lacks room. */
  readonly gpu?: DeviceMemory;
}

/** For this program beside the model: Node, the rows of a search, the store. */
export const PROGRAM_BYTES = 192 * 2 ** 20;
/** Left free on a GPU, as llama.cpp's own fit leaves it (common/common.h, fit_params_target). */
export const GPU_MARGIN_BYTES = 2 ** 30;

/**
 * Weighs a prediction against this machine.
 *
 * What is in the process's own memory (cache, buffers, copied weights) must fit into what is available: the system
 * would swap or kill. Mapped weights need not: their pages are clean copies of the file, dropped and read again when
 * memory is short (src/llama-mmap.cpp maps them shared and read-only), so with too little left a model still runs,
 * at the disk's speed. Every token reads every layer in order, though, and what is dropped first is what is needed
 * next; if the weights exceed all RAM, each token reads the file anew. That is refused like the rest.
 */
export function assessMemory(prediction: MemoryPrediction, facts: MemoryFacts): MemoryAssessment {
  const { ram, gpus } = prediction;
  const gpu = gpus.find((it) => gpuNeed(it) > it.freeBytes);
  if (gpu) {
    return { verdict: "too-large", where: "gpu", needed: gpuNeed(gpu), available: gpu.freeBytes, gpu };
  }
  const own = ram.copied + ram.kvCache + ram.compute + PROGRAM_BYTES;
  const all = own + ram.mapped;
  if (own > facts.available) {
    return { verdict: "too-large", where: "ram", needed: own, available: facts.available };
  }
  if (all > facts.total) {
    return { verdict: "too-large", where: "machine", needed: all, available: facts.total };
  }
  const verdict = all > facts.available ? "tight" : "fits";
  return { verdict, where: undefined, needed: all, available: facts.available };
}

/** What a GPU must have free. One that shares the machine's memory, or tells nothing, is not asked. */
function gpuNeed({ weights, kvCache, compute, totalBytes }: DeviceMemory): number {
  return totalBytes > 0 ? weights + kvCache + compute + GPU_MARGIN_BYTES : 0;
}
