/** What config.json of a Hugging Face folder says, checked, in the names of GGUF. */

import { AppError } from "../../errors.ts";
import { visibleToken } from "../../visible-token.ts";
import type { GgufValue } from "../gguf/metadata.ts";

/** Those whose graph is llama.cpp's "llama". */
export const ARCHITECTURES = ["MixtralForCausalLM", "MistralForCausalLM", "LlamaForCausalLM"] as const;

export interface ModelShape {
  readonly layers: number;
  readonly dim: number;
  readonly ffn: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly headDim: number;
  readonly contextLength: number;
  /** Rows of the embedding. */
  readonly vocabulary: number;
  /** 0 for a dense model. */
  readonly experts: number;
  readonly expertsUsed: number;
  readonly normEpsilon: number;
  readonly ropeBase: number;
  /** Positions are divided by this; 1 for none. */
  readonly ropeScale: number;
  /** The output matrix is the embedding. */
  readonly isTied: boolean;
}

/** Sizes above these are no model that could be converted here; they keep plans of tensors small. */
const MAX_LAYERS = 1_024;
const MAX_EXPERTS = 1_024;
const MAX_SIZE = 2 ** 24;
/** Four times the largest vocabularies there are; each row gets a token of some hundred bytes in memory. */
export const MAX_VOCABULARY = 2 ** 20;

type Json = Record<string, unknown>;

/**
 * Reads the shape of a model.
 * @throws UNSUPPORTED for another architecture or for what llama.cpp's graph cannot express, MODEL_INVALID for
 * missing or impossible numbers
 */
export function parseConfig(config: Json, path: string): ModelShape {
  assertSupported(config, path);
  const size = (key: string, fallback?: number, max = MAX_SIZE) => {
    const value = config[key] ?? fallback;
    if (Number.isInteger(value) && (value as number) > 0 && (value as number) <= max) return value as number;
    throw new AppError(
      "MODEL_INVALID",
      `${path}: "${key}" is ${visibleToken(JSON.stringify(value) ?? "missing")}, not a number from 1 to ${max}.`,
      {
        hint: "Download config.json again.",
      },
    );
  };
  const dim = size("hidden_size");
  const heads = size("num_attention_heads");
  const isMoe = architectureOf(config) === "MixtralForCausalLM";
  const shape: ModelShape = {
    layers: size("num_hidden_layers", undefined, MAX_LAYERS),
    dim,
    ffn: size("intermediate_size"),
    heads,
    kvHeads: size("num_key_value_heads", heads),
    headDim: size("head_dim", dim / heads),
    contextLength: size("max_position_embeddings"),
    vocabulary: size("vocab_size", undefined, MAX_VOCABULARY),
    experts: isMoe ? size("num_local_experts", undefined, MAX_EXPERTS) : 0,
    expertsUsed: isMoe ? size("num_experts_per_tok", undefined, MAX_EXPERTS) : 0,
    normEpsilon: number(config.rms_norm_eps, 1e-6),
    ...ropeOf(config, path),
    isTied: config.tie_word_embeddings === true,
  };
  if (shape.heads % shape.kvHeads !== 0 || shape.headDim % 2 !== 0 || shape.expertsUsed > shape.experts)
    throw new AppError("MODEL_INVALID", `${path}: the numbers of heads or experts do not fit together.`, {
      hint: "Download config.json again.",
    });
  return shape;
}

function architectureOf(config: Json): string | undefined {
  return Array.isArray(config.architectures) ? String(config.architectures[0]) : undefined;
}

function assertSupported(config: Json, path: string): void {
  const architecture = architectureOf(config);
  if (!(ARCHITECTURES as readonly (string | undefined)[]).includes(architecture))
    throw new AppError(
      "UNSUPPORTED",
      `${path}: ${visibleToken(architecture ?? "a model without architecture")} cannot be converted here.`,
      {
        hint: `Supported: ${ARCHITECTURES.join(", ")}. llama.cpp's own converter knows more.`,
      },
    );
  if (config.quantization_config != null)
    throw new AppError("UNSUPPORTED", `${path}: the weights are quantised already (quantization_config).`, {
      hint: "Convert the original weights and quantise them here.",
    });
  if (config.hidden_act !== undefined && config.hidden_act !== "silu")
    throw new AppError(
      "UNSUPPORTED",
      `${path}: the activation "${visibleToken(String(config.hidden_act))}" is not silu.`,
    );
}

/** transformers 4 has rope_theta and rope_scaling, transformers 5 has rope_parameters with both. */
function ropeOf(config: Json, path: string): Pick<ModelShape, "ropeBase" | "ropeScale"> {
  const parameters = (config.rope_parameters ?? config.rope_scaling ?? {}) as Json;
  const type = parameters.rope_type ?? parameters.type ?? "default";
  if (type !== "default" && type !== "linear")
    throw new AppError(
      "UNSUPPORTED",
      `${path}: RoPE scaling "${visibleToken(String(type))}" cannot be converted here.`,
      {
        hint: "llama.cpp's own converter knows more kinds.",
      },
    );
  return {
    ropeBase: number(parameters.rope_theta ?? config.rope_theta, 10_000),
    ropeScale: type === "linear" ? number(parameters.factor, 1) : 1,
  };
}

function number(value: unknown, fallback: number): number {
  return typeof value === "number" && Number.isFinite(value) && value > 0 ? value : fallback;
}

/** The hyperparameters as llama.cpp reads them (src/llama-arch.cpp, LLM_KV_NAMES). */
export function shapeMetadata(shape: ModelShape): [string, GgufValue][] {
  const uint = (value: number): GgufValue => ({ type: "uint32", value });
  const float = (value: number): GgufValue => ({ type: "float32", value });
  const entries: [string, GgufValue][] = [
    ["llama.vocab_size", uint(shape.vocabulary)],
    ["llama.context_length", uint(shape.contextLength)],
    ["llama.embedding_length", uint(shape.dim)],
    ["llama.block_count", uint(shape.layers)],
    ["llama.feed_forward_length", uint(shape.ffn)],
    ["llama.rope.dimension_count", uint(shape.headDim)],
    ["llama.rope.freq_base", float(shape.ropeBase)],
    ["llama.attention.head_count", uint(shape.heads)],
    ["llama.attention.head_count_kv", uint(shape.kvHeads)],
    ["llama.attention.key_length", uint(shape.headDim)],
    ["llama.attention.value_length", uint(shape.headDim)],
    ["llama.attention.layer_norm_rms_epsilon", float(shape.normEpsilon)],
  ];
  if (shape.ropeScale !== 1)
    entries.push(
      ["llama.rope.scaling.type", { type: "string", value: "linear" }],
      ["llama.rope.scaling.factor", float(shape.ropeScale)],
    );
  if (shape.experts > 0)
    entries.push(
      ["llama.expert_count", uint(shape.experts)],
      ["llama.expert_used_count", uint(shape.expertsUsed)],
    );
  return entries;
}
