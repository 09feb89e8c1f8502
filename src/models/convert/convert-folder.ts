/** Hugging Face folder -> GGUF file, streaming: no tensor is ever held whole. */

import { readdir } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { AppError } from "../../errors.ts";
import type { GgufValue } from "../gguf/metadata.ts";
import { writeGguf } from "../gguf/write-gguf.ts";
import { throwIfAborted } from "../throw-if-aborted.ts";
import type { FloatType } from "./half-floats.ts";
import { type ModelShape, parseConfig, shapeMetadata } from "./hf-config.ts";
import { planTensors } from "./plan-tensors.ts";
import { readJson } from "./read-json.ts";
import { readSafetensorsFolder, type SourceTensor } from "./safetensors.ts";
import { streamWeights } from "./stream-weights.ts";
import { convertVocabulary } from "./vocabulary.ts";

export interface ConvertOptions {
  readonly folder: string;
  /** Path of the GGUF file; it appears when it is complete. */
  readonly output: string;
  /** Of the matrices; norms, biases and the router are always F32. @default as most weights are stored */
  readonly type?: FloatType | undefined;
  /** Name in the file. @default the folder's name */
  readonly name?: string | undefined;
  /** Bytes written so far and in all. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface ConvertResult {
  readonly path: string;
  readonly type: FloatType;
  readonly tensors: number;
  readonly sizeBytes: number;
  readonly warnings: readonly string[];
}

/** enum llama_ftype. */
const FILE_TYPE = { F32: 0, F16: 1, BF16: 32 } as const;
/** GGML_QNT_VERSION of ggml.h. */
const QUANTISATION_VERSION = 2;

/** What a folder holds, read from its headers alone. */
export interface FolderPlan {
  /** "Mixtral", "Mistral", "Llama". */
  readonly family: string;
  /** As most weights are stored. */
  readonly storedType: FloatType;
  readonly weights: number;
  readonly shape: ModelShape;
  readonly source: ReadonlyMap<string, SourceTensor>;
  readonly config: Record<string, unknown>;
  readonly files: readonly string[];
  readonly warnings: readonly string[];
}

/**
 * Reads what a folder holds; no weights are read.
 * @throws UNSUPPORTED for other architectures and formats; MODEL_INVALID for missing shards or damaged headers
 */
export async function planFolder(folder: string): Promise<FolderPlan> {
  const files = await listFolder(folder);
  const path = join(folder, "config.json");
  const config = await readJson(path);
  const source = await readSafetensorsFolder(folder, files);
  const read = parseConfig(config, path);
  // Some fine-tunes leave the output matrix away without a word in config.json.
  const isTied = read.isTied || (config.tie_word_embeddings === undefined && !source.has("lm_head.weight"));
  const tensors = [...source.values()];
  return {
    family: String((config.architectures as string[])[0]).replace("ForCausalLM", ""),
    storedType: mostCommonType(tensors),
    weights: tensors.reduce((sum, tensor) => sum + countOf(tensor), 0),
    shape: { ...read, isTied },
    source,
    config,
    files,
    warnings:
      isTied && !read.isTied
        ? [`${folder} has no lm_head.weight: the embedding is taken for the output too.`]
        : [],
  };
}

const countOf = ({ shape }: SourceTensor) => shape.reduce((count, size) => count * size, 1);

function mostCommonType(tensors: readonly SourceTensor[]): FloatType {
  const counts = new Map<FloatType, number>();
  for (const tensor of tensors) counts.set(tensor.dtype, (counts.get(tensor.dtype) ?? 0) + countOf(tensor));
  return [...counts].toSorted((a, b) => b[1] - a[1])[0]?.[0] ?? "BF16";
}

/**
 * Converts a Mixtral, Mistral or Llama folder.
 * @throws UNSUPPORTED for other architectures and formats; MODEL_INVALID for missing shards, wrong shapes or
 * damaged weights; DISK_FULL before anything is written; CANCELLED
 *
 * @example
 * await convertFolder({ folder: "Mixtral-8x7B-Instruct-v0.1", output: "mixtral.BF16.gguf", type: "BF16" });
 */
export async function convertFolder(options: ConvertOptions): Promise<ConvertResult> {
  const { folder, output, onProgress, signal } = options;
  throwIfAborted(signal);
  const { shape, source, config, files, storedType, warnings } = await planFolder(folder);
  const type = options.type ?? storedType;
  const tensors = planTensors(shape, source, type, folder);
  const vocabulary = await convertVocabulary(folder, files, config, shape.vocabulary);
  const metadata: [string, GgufValue][] = [
    ["general.architecture", { type: "string", value: "llama" }],
    ["general.type", { type: "string", value: "model" }],
    ["general.name", { type: "string", value: options.name ?? basename(resolve(folder)) }],
    ["general.file_type", { type: "uint32", value: FILE_TYPE[type] }],
    ["general.quantization_version", { type: "uint32", value: QUANTISATION_VERSION }],
    ...shapeMetadata(shape),
    ...vocabulary.metadata,
  ];
  const sizeBytes = await writeGguf({
    path: output,
    metadata,
    tensors: tensors.map((tensor) => ({ ...tensor, data: () => streamWeights(tensor, signal) })),
    onProgress,
  });
  return {
    path: output,
    type,
    tensors: tensors.length,
    sizeBytes,
    warnings: [...warnings, ...vocabulary.warnings],
  };
}

async function listFolder(folder: string): Promise<string[]> {
  let files: string[];
  try {
    files = await readdir(folder);
  } catch (cause) {
    throw new AppError(
      "MODEL_NOT_FOUND",
      `The folder ${folder} cannot be read: ${(cause as Error).message}.`,
      {
        hint: "Check the path and its permissions.",
        cause,
      },
    );
  }
  if (files.includes("config.json")) return files;
  throw new AppError("MODEL_NOT_FOUND", `${folder} holds no Hugging Face model: there is no config.json.`, {
    hint: "Give the folder with config.json, tokenizer.model and the safetensors files.",
  });
}
