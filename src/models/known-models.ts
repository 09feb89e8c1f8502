/**
 * Facts about the models that users ask for first, known without a file: for the question "what would it
 * need here?". Shapes are those of each model's config.json; sizes of quantised files follow from the shapes
 * and the tensor types that llama.cpp v0.4.0 picks (src/llama-quant.cpp), and equal published files.
 */

import type { ModelSizes } from "./estimate-memory.ts";

export interface KnownModel extends ModelSizes {
  /** The catalogue's name. */
  readonly name: string;
  readonly title: string;
  readonly parameters: number;
  readonly quantisation: string;
  /** Where the figures come from. */
  readonly source: string;
}

/** sizeBytes of the present layout; 128 KiB of f16 cache a token for Mixtral. */
export const KNOWN_MODELS: readonly KnownModel[] = [
  {
    name: "mixtral-8x7b-instruct",
    title: "Mixtral 8x7B Instruct v0.1",
    parameters: 46_702_792_704,
    layers: 32,
    dim: 4_096,
    kvHeads: 8,
    headDim: 128,
    ffn: 14_336,
    expertsUsed: 2,
    vocabulary: 32_000,
    contextTrained: 32_768,
    quantisation: "Q4_K_M",
    sizeBytes: 0,
    source: "computed from mistralai/Mixtral-8x7B-Instruct-v0.1 config.json and src/llama-quant.cpp",
  },
  {
    name: "tinyllama-1.1b-chat",
    title: "TinyLlama 1.1B Chat v1.0",
    parameters: 1_100_048_384,
    layers: 22,
    dim: 2_048,
    kvHeads: 4,
    headDim: 64,
    ffn: 5_632,
    expertsUsed: 0,
    vocabulary: 32_000,
    contextTrained: 2_048,
    quantisation: "Q4_K_M",
    sizeBytes: 0,
    source: "computed from TinyLlama/TinyLlama-1.1B-Chat-v1.0 config.json and src/llama-quant.cpp",
  },
];

/** The known model of that name. */
export function findKnownModel(name: string): KnownModel | undefined {
  return KNOWN_MODELS.find((model) => model.name === name.toLowerCase());
}
