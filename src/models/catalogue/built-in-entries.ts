/**
 * The models that users ask for first. Shapes are those of each model's config.json; `shape.sizeBytes` counts
 * tensors only, so it is smaller than the file by the header.
 *
 * Mixtral's present-day sizes follow from the tensor types that llama.cpp picks (src/llama-quant.cpp) plus a header
 * of 740,768 bytes: that gives the published Q4_K_M and Q8_0 to the byte, and so the Q5_K_M.
 */

import type { CatalogueEntry, ModelShape } from "./catalogue-entry.ts";

const MIXTRAL = {
  architecture: "llama",
  parameters: 46_702_792_704,
  layers: 32,
  dim: 4_096,
  kvHeads: 8,
  headDim: 128,
  ffn: 14_336,
  experts: 8,
  expertsUsed: 2,
  vocabulary: 32_000,
  contextTrained: 32_768,
} as const satisfies Omit<ModelShape, "sizeBytes">;

/** Conversions made after llama.cpp #6387 (April 2024) had laid the experts together. */
const MIXTRAL_TODAY = {
  repo: "mradermacher/Mixtral-8x7B-Instruct-v0.1-GGUF",
  licence: "Apache-2.0",
  published: "2023-12-11", // mistral.ai/news/mixtral-of-experts
  template: "mixtral",
  contextDefault: 4_096,
  source:
    "sizes by tensor type, checked against published ones; loads in today's llama.cpp: ggml-org/llama.cpp#10244",
} as const;

/** Each expert in a tensor of its own: llama.cpp stopped reading that layout (ggml-org/llama.cpp#10244). */
const MIXTRAL_2023 = {
  repo: "TheBloke/Mixtral-8x7B-Instruct-v0.1-GGUF",
  licence: "Apache-2.0",
  published: "2023-12-11",
  template: "mixtral",
  contextDefault: 4_096,
  needsRepair: true,
  source: "the repository's LFS pointers of December 2023",
} as const;

const TINYLLAMA = {
  repo: "TheBloke/TinyLlama-1.1B-Chat-v1.0-GGUF",
  licence: "Apache-2.0",
  published: "2023-12-30", // first commit of TinyLlama/TinyLlama-1.1B-Chat-v1.0
  template: "zephyr",
  contextDefault: 2_048,
  source: "the repository's LFS pointers, as several downloaders recorded them",
} as const;

const TINYLLAMA_SHAPE = {
  architecture: "llama",
  parameters: 1_100_048_384,
  layers: 22,
  dim: 2_048,
  kvHeads: 4,
  headDim: 64,
  ffn: 5_632,
  experts: 0,
  expertsUsed: 0,
  vocabulary: 32_000,
  contextTrained: 2_048,
} as const satisfies Omit<ModelShape, "sizeBytes">;

const LAB = {
  quantisation: "Q8_0",
  licence: "MIT",
  published: "2026-11-23",
  template: "mixtral",
  contextDefault: 2_048,
  bundled: true,
  source: "the file's header",
} as const;

const LAB_SHAPE = {
  architecture: "llama",
  dim: 256,
  headDim: 32,
  vocabulary: 12_288,
  contextTrained: 2_048,
} as const;

/** In the order in which somebody new would try them. */
export const BUILT_IN_ENTRIES: readonly CatalogueEntry[] = [
  {
    ...LAB,
    name: "lab-moe",
    title: "Lab MoE, bundled",
    files: [
      {
        path: "lab-moe.gguf",
        sizeBytes: 14_395_712,
        sha256: "4d9644d785dc014296edef9a444ed7740eedeee990a0f95c19187f9f057f2d38",
      },
    ],
    shape: {
      ...LAB_SHAPE,
      parameters: 13_248_768,
      layers: 4,
      kvHeads: 2,
      ffn: 256,
      experts: 8,
      expertsUsed: 2,
      sizeBytes: 14_107_648,
    },
  },
  {
    ...LAB,
    name: "lab-dense",
    title: "Lab dense, bundled",
    files: [
      {
        path: "lab-dense.gguf",
        sizeBytes: 8_368_960,
        sha256: "22359b1b63146a6afd732543cd05ce7c3db8b0967f031d01f5eb05f47b7f7f80",
      },
    ],
    shape: {
      ...LAB_SHAPE,
      parameters: 7_603_456,
      layers: 2,
      kvHeads: 8,
      ffn: 512,
      experts: 0,
      expertsUsed: 0,
      sizeBytes: 8_082_432,
    },
  },
  {
    ...TINYLLAMA,
    name: "tinyllama-1.1b-chat-q4_k_m",
    title: "TinyLlama 1.1B Chat v1.0",
    quantisation: "Q4_K_M",
    files: [
      {
        path: "tinyllama-1.1b-chat-v1.0.Q4_K_M.gguf",
        sizeBytes: 668_788_096,
        sha256: "9fecc3b3cd76bba89d504f29b616eedf7da85b96540e490ca5824d3f7d2776a0",
      },
    ],
    shape: { ...TINYLLAMA_SHAPE, sizeBytes: 667_078_656 },
  },
  {
    ...TINYLLAMA,
    name: "tinyllama-1.1b-chat-q8_0",
    title: "TinyLlama 1.1B Chat v1.0",
    quantisation: "Q8_0",
    files: [
      {
        path: "tinyllama-1.1b-chat-v1.0.Q8_0.gguf",
        sizeBytes: 1_170_781_568,
        sha256: "a4c9bb1dbaa372f6381a035fa5c02ef087aaa1ff1f843a56a22328114f03fc59",
      },
    ],
    shape: { ...TINYLLAMA_SHAPE, sizeBytes: 1_169_072_128 },
  },
  {
    ...MIXTRAL_TODAY,
    name: "mixtral-8x7b-instruct-q4_k_m",
    title: "Mixtral 8x7B Instruct v0.1",
    quantisation: "Q4_K_M",
    files: [{ path: "Mixtral-8x7B-Instruct-v0.1.Q4_K_M.gguf", sizeBytes: 28_448_468_384 }],
    shape: { ...MIXTRAL, sizeBytes: 28_447_727_616 },
  },
  {
    ...MIXTRAL_TODAY,
    name: "mixtral-8x7b-instruct-q5_k_m",
    title: "Mixtral 8x7B Instruct v0.1",
    quantisation: "Q5_K_M",
    files: [{ path: "Mixtral-8x7B-Instruct-v0.1.Q5_K_M.gguf", sizeBytes: 33_229_581_728 }],
    shape: { ...MIXTRAL, sizeBytes: 33_228_840_960 },
  },
  {
    ...MIXTRAL_TODAY,
    name: "mixtral-8x7b-instruct-q8_0",
    title: "Mixtral 8x7B Instruct v0.1",
    quantisation: "Q8_0",
    files: [{ path: "Mixtral-8x7B-Instruct-v0.1.Q8_0.gguf", sizeBytes: 49_626_320_288 }],
    shape: { ...MIXTRAL, sizeBytes: 49_625_579_520 },
  },
  {
    ...MIXTRAL_2023,
    name: "mixtral-8x7b-instruct-2023-q4_k_m",
    title: "Mixtral 8x7B Instruct v0.1, converted in December 2023",
    quantisation: "Q4_K_M",
    files: [
      {
        path: "mixtral-8x7b-instruct-v0.1.Q4_K_M.gguf",
        sizeBytes: 26_441_533_376,
        sha256: "9193684683657e90707087bd1ed19fd0b277ab66358d19edeadc26d6fdec4f53",
      },
    ],
    shape: { ...MIXTRAL, sizeBytes: 26_440_753_152 },
  },
  {
    ...MIXTRAL_2023,
    name: "mixtral-8x7b-instruct-2023-q5_k_m",
    title: "Mixtral 8x7B Instruct v0.1, converted in December 2023",
    quantisation: "Q5_K_M",
    files: [
      {
        path: "mixtral-8x7b-instruct-v0.1.Q5_K_M.gguf",
        sizeBytes: 32_229_279_680,
        sha256: "af12961e014037ee8c5c9f3bf7cf9fd99cadc9dabd50f528a4248c4a8ee8fe77",
      },
    ],
    shape: { ...MIXTRAL, sizeBytes: 32_228_499_456 },
  },
  {
    ...MIXTRAL_2023,
    name: "mixtral-8x7b-instruct-2023-q8_0",
    title: "Mixtral 8x7B Instruct v0.1, converted in December 2023",
    quantisation: "Q8_0",
    files: [
      {
        path: "mixtral-8x7b-instruct-v0.1.Q8_0.gguf",
        sizeBytes: 49_624_262_592,
        sha256: "cdca4a8c09dfd722702f781d479695cda0d45e1bd1cd602ba1b6085ad921fc5f",
      },
    ],
    shape: { ...MIXTRAL, sizeBytes: 49_623_482_368 },
  },
];
