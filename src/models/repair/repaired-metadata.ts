/**
 * Metadata of a repaired file. The files of December 2023 name experts, rope and quantisation as today's
 * llama.cpp wants them (26 entries, seen in the logs of ggml-org/llama.cpp#6670 and #4495), so mostly nothing
 * changes; what a converter of those weeks left out is filled in where the tensors say it.
 */

import { AppError } from "../../errors.ts";
import { visibleToken } from "../../visible-token.ts";
import type { GgmlTypeName } from "../gguf/ggml-types.ts";
import type { Gguf } from "../gguf/gguf.ts";
import { type GgufValue, numberOf, textOf } from "../gguf/metadata.ts";

export interface RepairedMetadata {
  readonly metadata: ReadonlyMap<string, GgufValue>;
  /** What was added, changed or left out, one sentence each. */
  readonly changes: readonly string[];
  /** What no tensor tells and the reader should know. */
  readonly warnings: readonly string[];
}

/** GGML_QNT_VERSION of ggml/include/ggml.h; the same since May 2023, before the first GGUF file. */
const QUANTIZATION_VERSION = 2;
/** What llama.cpp takes when the file is silent (src/llama-model.cpp, load_hparams). */
const DEFAULT_ROPE_BASE = 10_000;

/** The file type that llama.cpp guesses from the type of most tensors (src/llama-model-loader.cpp). */
const GUESSED_FILE_TYPE: Partial<Record<GgmlTypeName, number>> = {
  F32: 0,
  F16: 1,
  BF16: 32,
  Q4_0: 2,
  Q4_1: 3,
  Q5_0: 8,
  Q5_1: 9,
  Q8_0: 7,
  Q2_K: 10,
  Q3_K: 12,
  Q4_K: 15,
  Q5_K: 17,
  Q6_K: 18,
};
const FLOATS: ReadonlySet<GgmlTypeName> = new Set(["F32", "F16", "BF16"]);

/**
 * @param experts experts of a layer, as counted in the tensor table
 * @throws MODEL_INVALID if the metadata contradict the table or do not say how many experts answer a token
 */
export function repairedMetadata(gguf: Gguf, experts: number): RepairedMetadata {
  const metadata = new Map(gguf.metadata);
  const changes: string[] = [];
  const warnings: string[] = [];
  const architecture = textOf(gguf, "general.architecture") ?? "llama";
  const set = (key: string, value: number, because: string) => {
    metadata.set(key, { type: "uint32", value });
    changes.push(`${visibleToken(key)} = ${value} was added: ${because}.`);
  };

  const isInShards = [...metadata.keys()].filter((key) => key.startsWith("split."));
  for (const key of isInShards) metadata.delete(key);
  if (isInShards.length > 0)
    changes.push(`${isInShards.map(visibleToken).join(", ")}: left out, the result is one file.`);

  checkExperts(gguf, architecture, experts);
  if (!metadata.has("general.architecture")) {
    metadata.set("general.architecture", { type: "string", value: architecture });
    changes.push(`general.architecture = ${architecture} was added: split experts were made for no other.`);
  }
  if (!metadata.has(`${architecture}.expert_count`))
    set(`${architecture}.expert_count`, experts, "so many experts are in each layer");
  const common = mostCommonMatrixType(gguf);
  const fileType = GUESSED_FILE_TYPE[common];
  if (!metadata.has("general.file_type") && fileType !== undefined)
    set("general.file_type", fileType, `most matrices are ${common}`);
  if (!metadata.has("general.quantization_version") && gguf.tensors.some(({ type }) => !FLOATS.has(type)))
    set("general.quantization_version", QUANTIZATION_VERSION, "there is no other in GGUF files");
  if (!metadata.has(`${architecture}.rope.freq_base`))
    warnings.push(
      `The file does not say its rope base: llama.cpp will take ${DEFAULT_ROPE_BASE}, while Mixtral 8x7B was trained with 1000000.`,
    );
  return { metadata, changes, warnings };
}

function checkExperts(gguf: Gguf, architecture: string, experts: number): void {
  const said = numberOf(gguf, `${architecture}.expert_count`);
  const used = numberOf(gguf, `${architecture}.expert_used_count`);
  const hint = "Get another conversion of the model.";
  if (said !== undefined && said !== experts)
    throw new AppError(
      "MODEL_INVALID",
      `${gguf.path} says that it has ${said} experts, its layers hold ${experts}.`,
      { hint },
    );
  if (used === undefined || used < 1 || used > experts)
    throw new AppError(
      "MODEL_INVALID",
      `${gguf.path} does not say how many of its ${experts} experts answer a token (${visibleToken(architecture)}.expert_used_count is ${used ?? "missing"}).`,
      { hint },
    );
}

function mostCommonMatrixType(gguf: Gguf): GgmlTypeName {
  const count = new Map<GgmlTypeName, number>();
  for (const { type, shape } of gguf.tensors)
    if (shape.length > 1) count.set(type, (count.get(type) ?? 0) + 1);
  return [...count].toSorted((a, b) => b[1] - a[1])[0]?.[0] ?? "F32";
}
