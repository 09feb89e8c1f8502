/** What to do with a model that does not fit: those that would make it fit come first, each with its figure. */

import type { Placement, QuantType } from "../../llama/index.ts";
import type { ModelDescription } from "../describe-model.ts";
import { KV_BYTES, kvBytesPerToken } from "../estimate-memory.ts";
import type { MemoryAssessment } from "./assess-memory.ts";
import { formatBytes } from "./format-bytes.ts";
import type { MemoryPrediction } from "./memory-prediction.ts";

/**
 * Bits a weight, all tensors together: sizes of Llama 3 8B in llama.cpp's own table (tools/quantize/quantize.cpp,
 * v0.4.0) over its 8.03 billion weights. Mixtral in Q4_K_M has 4.87.
 */
const BITS_PER_WEIGHT = {
  Q8_0: 8.51,
  Q6_K: 6.57,
  Q5_K_M: 5.7,
  Q4_K_M: 4.9,
  Q3_K_M: 4.0,
  Q2_K: 3.17,
} as const satisfies Partial<Record<QuantType, number>>;

export interface WaysOutOptions {
  readonly model: ModelDescription;
  readonly prediction: MemoryPrediction;
  readonly assessment: MemoryAssessment;
  readonly placement: Placement;
  /** Tokens of context that were asked for. */
  readonly context: number;
}

/** Contexts are rounded down to this many tokens; below it a context is of no use. */
const CONTEXT_STEP = 256;

/** The three best ways, one clause each. */
export function waysOut(options: WaysOutOptions): string[] {
  const ways = [...gpuWays(options), ...cacheWays(options), ...weightWays(options), ...LAST_WAYS];
  return ways.slice(0, 3);
}

/** Always possible, of less help. */
const LAST_WAYS = [
  "free memory: `assay doctor` shows the largest processes",
  "take a machine with more memory: `assay models show` names the smallest that fits",
  "a model of fewer weights",
];

function gpuWays({ assessment, model, placement, prediction }: WaysOutOptions): string[] {
  const { gpu, needed, available } = assessment;
  if (!gpu) return [];
  const ways: string[] = [];
  if (model.experts > 0 && placement.experts !== "cpu")
    ways.push("keep the experts in RAM: --experts cpu (they are most of the weights, and slower there)");
  const perLayer = (gpu.weights + gpu.kvCache) / Math.max(1, model.layers + 1) || 1;
  const total =
    placement.gpuLayers === "auto" ? model.layers + 1 : Math.min(placement.gpuLayers, model.layers + 1);
  const layers = Math.max(
    0,
    total - Math.ceil((needed - available) / perLayer) * Math.max(1, prediction.gpus.length),
  );
  ways.push(`put fewer layers on the GPU: --gpu-layers ${layers}`);
  return ways;
}

function cacheWays({ model, assessment, placement, prediction, context }: WaysOutOptions): string[] {
  const over = assessment.needed - assessment.available;
  const cache = assessment.gpu?.kvCache ?? prediction.kvCache;
  const share = prediction.kvCache > 0 ? cache / prediction.kvCache : 0;
  const ways: string[] = [];
  const tokens = Math.floor(
    (context - over / (kvBytesPerToken(model, placement.kvType) * share)) / CONTEXT_STEP,
  );
  if (share > 0 && tokens >= 1) ways.push(`less context: --context ${tokens * CONTEXT_STEP} fits`);
  for (const kvType of ["q8_0", "q4_0"] as const) {
    const saved = cache * (1 - KV_BYTES[kvType] / KV_BYTES[placement.kvType]);
    if (saved < over) continue;
    ways.push(`a smaller cache: --kv-type ${kvType} saves ${formatBytes(saved)}`);
    break;
  }
  return ways;
}

function weightWays({ model, assessment, placement, prediction }: WaysOutOptions): string[] {
  const ways: string[] = [];
  const { ram, gpus } = prediction;
  if (!assessment.gpu && (placement.mlock || !placement.mmap)) {
    const flag = placement.mlock ? "--mlock" : "--no-mmap";
    ways.push(`let the system drop weights and read them again: leave out ${flag}`);
  }
  const rest =
    assessment.needed -
    (assessment.gpu?.weights ?? ram.copied + (assessment.where === "machine" ? ram.mapped : 0));
  const room = assessment.available - rest;
  // With layers elsewhere the share of this device stays what it is.
  const here = assessment.gpu?.weights ?? prediction.weights - gpus.reduce((sum, it) => sum + it.weights, 0);
  const share = prediction.weights > 0 ? here / prediction.weights : 1;
  const sizes = Object.entries(BITS_PER_WEIGHT).map(([type, bits]) => ({
    type,
    bytes: (model.parameters * bits) / 8,
  }));
  const fits = sizes.find(({ bytes }) => bytes * share <= room && bytes < 0.97 * model.sizeBytes);
  if (fits) ways.unshift(`a smaller quantisation: ${fits.type} has about ${formatBytes(fits.bytes)}`);
  else ways.push("a smaller model: no quantisation of this one fits");
  return ways;
}
