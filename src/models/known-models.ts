/**
 * Facts about the models that users ask for first, known without a file, for the question "what would it need
 * here?". Shapes are those of each model's config.json. Sizes are sums over the tensor tables with the types
 * that llama.cpp picks for each name (src/llama-quant.cpp); they equal the published files.
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
  readonly note?: string;
}

/** Models by their catalogue names. Mixtral takes 128 KiB of f16 cache a token. */
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
    sizeBytes: 26_440_753_152,
    source: "tensor table of the Q4_K_M file of December 2023: 24.62 GiB",
    note: "Quantised by today's llama.cpp it is 26.49 GiB: half of the ffn_down tensors then get 6 bits.",
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
    sizeBytes: 667_078_656,
    source: "config.json of TinyLlama-1.1B-Chat-v1.0 and the types of src/llama-quant.cpp: 0.62 GiB",
  },
];

/** The known model of that name. */
export function findKnownModel(name: string): KnownModel | undefined {
  return KNOWN_MODELS.find((model) => model.name === name.toLowerCase());
}
