/** What a model will take of RAM and of each GPU, and how it is added up from llama.cpp's own plan. */

import type { DryLoad } from "../../llama/index.ts";
import { describeModel } from "../describe-model.ts";
import { findTensor, type Gguf } from "../gguf/gguf.ts";

/** Bytes. */
export interface DeviceMemory {
  /** "CUDA0" … as llama.cpp names it. */
  readonly name: string;
  readonly weights: number;
  readonly kvCache: number;
  readonly compute: number;
  readonly freeBytes: number;
  readonly totalBytes: number;
}

/** Bytes. */
export interface RamMemory {
  /** Weights that are mapped from the file: the system may drop them and read them again. */
  readonly mapped: number;
  /** Weights in memory of the process: read without mmap, locked, or copied in the order that its kernels want. */
  readonly copied: number;
  readonly kvCache: number;
  readonly compute: number;
}

export interface MemoryPrediction {
  /** "llama.cpp": its own plan. "estimated": from the header alone, see estimateMemory(). */
  readonly source: "llama.cpp" | "estimated";
  readonly ram: RamMemory;
  /** GPUs that hold a part of the model. */
  readonly gpus: readonly DeviceMemory[];
  /** Over RAM and GPUs. */
  readonly weights: number;
  readonly kvCache: number;
  readonly compute: number;
  readonly total: number;
}

/** Adds up RAM and GPUs. */
export function sumMemory(
  source: MemoryPrediction["source"],
  ram: RamMemory,
  gpus: readonly DeviceMemory[],
): MemoryPrediction {
  const over = (key: "weights" | "kvCache" | "compute") => gpus.reduce((sum, gpu) => sum + gpu[key], 0);
  const weights = ram.mapped + ram.copied + over("weights");
  const kvCache = ram.kvCache + over("kvCache");
  const compute = ram.compute + over("compute");
  return { source, ram, gpus, weights, kvCache, compute, total: weights + kvCache + compute };
}

/** The prediction that llama.cpp's plan of a file makes; `canMap`: weights in RAM are mapped and not locked. */
export function predictionOf(
  gguf: Gguf,
  { placed, inRam, devices }: DryLoad,
  canMap: boolean,
): MemoryPrediction {
  const gpuNames = new Set(devices.filter(({ kind }) => kind === "gpu").map(({ name }) => name));
  const weights = new Map<string, number>();
  let mapped = 0;
  let copied = 0;
  const place = (name: string, bytes: number, device: string) => {
    if (gpuNames.has(device)) weights.set(device, (weights.get(device) ?? 0) + bytes);
    // Other orders than the file's ("CPU_REPACK", "AMX") are copies whatever --mmap says.
    else if (canMap && (inRam.get(name) ?? "CPU") === "CPU") mapped += bytes;
    else copied += bytes;
  };
  const { layers: depth } = describeModel(gguf);
  const output = placed.layers.get(depth) ?? "CPU";
  for (const { name, sizeBytes } of gguf.tensors) place(name, sizeBytes, homeOf(name, placed, output));
  // A tied output matrix is the embedding once more, where the output layer is.
  const embedding = findTensor(gguf, "token_embd.weight");
  if (!findTensor(gguf, "output.weight") && embedding && gpuNames.has(output))
    place(embedding.name, embedding.sizeBytes, output);
  const inRamOf = (bytes: ReadonlyMap<string, number>) =>
    [...bytes].reduce((sum, [name, it]) => sum + (gpuNames.has(name) ? 0 : it), 0);
  const ram = { mapped, copied, kvCache: inRamOf(placed.kvCache), compute: inRamOf(placed.compute) };
  const gpus = devices
    .filter(({ name }) => gpuNames.has(name))
    .map(({ name, freeBytes, totalBytes }) => ({
      name,
      weights: weights.get(name) ?? 0,
      kvCache: placed.kvCache.get(name) ?? 0,
      compute: placed.compute.get(name) ?? 0,
      freeBytes,
      totalBytes,
    }))
    .filter((gpu) => gpu.weights + gpu.kvCache + gpu.compute > 0);
  return sumMemory("llama.cpp", ram, gpus);
}

/** The device of a tensor: llama.cpp keeps the embedding in RAM, the rest goes with its layer. */
function homeOf(name: string, { tensors, layers }: DryLoad["placed"], output: string): string {
  const layer = /^blk\.(\d+)\./.exec(name)?.[1];
  if (tensors.has(name)) return "CPU";
  if (layer !== undefined) return layers.get(Number(layer)) ?? "CPU";
  return name.startsWith("output") ? output : "CPU";
}
