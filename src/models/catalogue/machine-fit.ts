/** Will a model run on this machine, by its size alone? `assay models verify` asks llama.cpp itself. */

import { estimateMemory, type ModelSizes } from "../estimate-memory.ts";
import { assessMemory, GPU_MARGIN_BYTES, type MemoryVerdict } from "../memory/assess-memory.ts";
import type { MemoryFacts } from "../memory/memory-facts.ts";
import { sumMemory } from "../memory/memory-prediction.ts";

/** Bytes. */
export interface GpuFacts {
  readonly name: string;
  readonly free: number;
  readonly total: number;
}

export interface MachineFacts {
  readonly ram: MemoryFacts;
  readonly gpus: readonly GpuFacts[];
}

export interface MachineFit {
  readonly verdict: MemoryVerdict;
  /** "gpu": all of it; "split": too large for RAM alone, but not for RAM and GPU. */
  readonly place: "gpu" | "ram" | "split" | undefined;
  /** Bytes for weights, cache and buffers. */
  readonly needed: number;
  /** Bytes that are free there. */
  readonly available: number;
}

/** Weighs a model with a context against a machine; several GPUs share its layers. */
export function fitMachine(sizes: ModelSizes, context: number, { ram, gpus }: MachineFacts): MachineFit {
  const { weights, kvCache, compute, total } = estimateMemory(sizes, { context });
  const gpuFree = gpus.reduce((sum, { free }) => sum + Math.max(0, free - GPU_MARGIN_BYTES), 0);
  if (gpus.length > 0 && total <= gpuFree)
    return { verdict: "fits", place: "gpu", needed: total, available: gpuFree };
  const inRam = { mapped: weights, copied: 0, kvCache, compute };
  const { verdict } = assessMemory(sumMemory("estimated", inRam, []), ram);
  if (verdict !== "too-large") return { verdict, place: "ram", needed: total, available: ram.available };
  const together = gpuFree + ram.available;
  if (gpus.length > 0 && total <= together)
    return { verdict: "tight", place: "split", needed: total, available: together };
  return { verdict, place: undefined, needed: total, available: ram.available };
}
