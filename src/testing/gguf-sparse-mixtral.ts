/**
 * Mixtral 8x7B with its real tensor table and 26 GB that are a hole: for everything that reads headers and
 * tables, on a disk that has no 26 GB. The file system must know sparse files (ext4, APFS, NTFS do).
 */

import { type ModelShape, shapeMetadata } from "../models/convert/hf-config.ts";
import { tensorTable } from "../models/convert/plan-tensors.ts";
import { type GgmlTypeName, type TensorToWrite, writeGguf } from "../models/index.ts";
import { syntheticVocabulary } from "./gguf-vocabulary.ts";

/** mistralai/Mixtral-8x7B-Instruct-v0.1, config.json. */
const MIXTRAL_8X7B: ModelShape = {
  layers: 32,
  dim: 4_096,
  ffn: 14_336,
  heads: 32,
  kvHeads: 8,
  headDim: 128,
  contextLength: 32_768,
  vocabulary: 32_000,
  experts: 8,
  expertsUsed: 2,
  normEpsilon: 1e-5,
  ropeBase: 1_000_000,
  ropeScale: 1,
  isTied: false,
};

const Q4_K_M = 15;

export interface SparseMixtralOptions {
  readonly path: string;
  /** "legacy" keeps each expert in a tensor of its own, as files of December 2023 do. @default "merged" */
  readonly layout?: "legacy" | "merged";
}

/** Writes the file; all weights read as zeros. */
export async function writeSparseMixtral({ path, layout = "merged" }: SparseMixtralOptions): Promise<string> {
  const typeOf = layout === "legacy" ? typeInDecember2023 : typeToday;
  const tensors = tensorTable(MIXTRAL_8X7B).flatMap(({ name, shape, isF32 }): TensorToWrite[] => {
    const isNorm = isF32 && shape.length === 1;
    const tensor: TensorToWrite = { name, shape, type: isNorm ? "F32" : typeOf(name), data: "hole" };
    return layout === "legacy" ? splitExperts(tensor) : [tensor];
  });
  await writeGguf({
    path,
    metadata: [
      ["general.architecture", { type: "string", value: "llama" }],
      ["general.name", { type: "string", value: "Mixtral 8x7B without weights" }],
      ["general.file_type", { type: "uint32", value: Q4_K_M }],
      ["general.quantization_version", { type: "uint32", value: 2 }],
      ...shapeMetadata(MIXTRAL_8X7B),
      ...syntheticVocabulary(MIXTRAL_8X7B.vocabulary),
    ],
    tensors,
  });
  return path;
}

/** blk.0.ffn_gate_exps.weight [dim, ffn, 8] -> blk.0.ffn_gate.0.weight … [dim, ffn]. */
function splitExperts(tensor: TensorToWrite): TensorToWrite[] {
  const [rows = 0, columns = 0, experts = 0] = tensor.shape;
  if (!tensor.name.includes("_exps.")) return [tensor];
  return Array.from({ length: experts }, (_, expert) => ({
    ...tensor,
    name: tensor.name.replace("_exps.", `.${expert}.`),
    shape: [rows, columns],
  }));
}

/** What llama.cpp v0.4.0 takes for each matrix of an eight-expert model in Q4_K_M (src/llama-quant.cpp). */
function typeToday(name: string): GgmlTypeName {
  const { layers } = MIXTRAL_8X7B;
  const layer = Number(name.match(/^blk\.(\d+)\./)?.[1] ?? -1);
  const getsMoreBits = layer < layers / 8 || layer >= (7 * layers) / 8 || (layer - layers / 8) % 3 === 2;
  if (name.includes("ffn_gate_inp")) return "F32";
  if (name.includes("attn_output")) return "Q5_K";
  if (name.includes("ffn_down")) return getsMoreBits ? "Q6_K" : "Q4_K";
  return typeInDecember2023(name);
}

/** The first files: split experts' names were not recognised, so they got no extra bits; 24.62 GiB in all. */
function typeInDecember2023(name: string): GgmlTypeName {
  if (name === "output.weight") return "Q6_K";
  if (name.includes("ffn_gate_inp")) return "F16";
  return /attn_[kv]\./.test(name) ? "Q8_0" : "Q4_K";
}
