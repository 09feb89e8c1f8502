/** How much memory a model will take, from its header alone: does it fit before it is loaded? */

import { describeModel, type ModelDescription } from "./describe-model.ts";
import type { Gguf } from "./gguf/gguf.ts";

/** Bytes of one number in the cache; the quantised ones are blocks of 32 with their scales. */
export const KV_BYTES = { f32: 4, f16: 2, bf16: 2, q8_0: 34 / 32, q4_0: 18 / 32 } as const;
export type KvType = keyof typeof KV_BYTES;

export interface MemoryOptions {
  /** Tokens of one sequence. @default 4096 or what the model was trained for, if that is less */
  context?: number | undefined;
  /** Sequences at a time, each of full length. @default 1 */
  sequences?: number | undefined;
  /** @default "f16" */
  kvType?: KvType | undefined;
}

/** Bytes. */
export interface MemoryEstimate {
  /** Exact. */
  readonly weights: number;
  /** Exact: keys and values of every layer for every token. */
  readonly kvCache: number;
  /** Approximate: see estimateMemory(). */
  readonly compute: number;
  readonly total: number;
}

/** What the estimate depends on: all of it stands in the header, or in a table of known models. */
export type ModelSizes = Pick<
  ModelDescription,
  | "sizeBytes"
  | "layers"
  | "dim"
  | "kvHeads"
  | "headDim"
  | "ffn"
  | "expertsUsed"
  | "vocabulary"
  | "contextTrained"
>;

const DEFAULT_CONTEXT = 4_096;
/** llama.cpp's physical batch (n_ubatch): tokens whose activations exist at a time. */
const BATCH = 512;

/** Bytes of keys and values for one token of context. */
export function kvBytesPerToken({ layers, kvHeads, headDim }: ModelSizes, kvType: KvType = "f16"): number {
  return 2 * layers * kvHeads * headDim * KV_BYTES[kvType];
}

/**
 * Estimates the memory of a model.
 *
 * `compute` is an approximation: for a batch of 512 tokens the logits, a handful of activations as wide as the
 * model, those of the experts in use, and the attention mask, as 32-bit numbers. llama.cpp reuses buffers, so
 * its own figure (in its log: "compute buffer size") may be some tens of MiB lower or higher.
 */
export function estimateMemory(model: Gguf | ModelSizes, options: MemoryOptions = {}): MemoryEstimate {
  const sizes = "tensors" in model ? describeModel(model) : model;
  const { sequences = 1, kvType = "f16" } = options;
  const context = options.context ?? Math.min(DEFAULT_CONTEXT, sizes.contextTrained || DEFAULT_CONTEXT);
  const cells = context * sequences;
  const weights = sizes.sizeBytes;
  const kvCache = cells * kvBytesPerToken(sizes, kvType);
  const activations = 6 * sizes.dim + 2 * Math.max(1, sizes.expertsUsed) * sizes.ffn;
  const compute = 4 * BATCH * (sizes.vocabulary + activations + cells / 2);
  return { weights, kvCache, compute, total: weights + kvCache + compute };
}
