/**
 * Which tensors the GGUF file gets, of which parts of the Hugging Face weights. Names and layouts:
 * gguf-py/gguf/tensor_mapping.py and conversion/llama.py of llama.cpp v0.4.0.
 */

import { AppError } from "../../errors.ts";
import { visibleToken } from "../../visible-token.ts";
import type { FloatType } from "./half-floats.ts";
import type { ModelShape } from "./hf-config.ts";
import type { SourceTensor } from "./safetensors.ts";

export interface PlannedTensor {
  readonly name: string;
  readonly type: FloatType;
  /** ggml order. */
  readonly shape: readonly number[];
  /** One, or one for each expert, laid one behind the other. */
  readonly parts: readonly SourceTensor[];
  /** Rows of an attention head whose halves are to be interleaved; 0 for none. */
  readonly interleavedRows: number;
}

interface Wanted {
  readonly name: string;
  readonly sources: readonly string[];
  /** Row-major, of each part. */
  readonly shape: readonly number[];
  readonly interleavedRows?: number;
  /** Norms, biases and the router stay F32: llama.cpp computes with them as they are. */
  readonly isF32?: boolean;
  readonly isOptional?: boolean;
}

/** Buffers that old checkpoints carry; they follow from the configuration. */
const IGNORED = /\.(rotary_emb\.inv_freq|masked_bias|attention\.bias)$/;

/**
 * Plans all tensors, in the order of the file.
 * @throws MODEL_INVALID for a missing tensor or a wrong shape, UNSUPPORTED for one that has no place
 */
export function planTensors(
  shape: ModelShape,
  source: ReadonlyMap<string, SourceTensor>,
  type: FloatType,
  folder: string,
): PlannedTensor[] {
  const used = new Set<string>();
  const planned: PlannedTensor[] = [];
  for (const wanted of wantedTensors(shape)) {
    const parts = wanted.sources.map((name) => source.get(name));
    if (wanted.isOptional && parts.every((part) => part === undefined)) continue;
    wanted.sources.forEach((name, index) => {
      checkPart(name, parts[index], wanted.shape, folder);
      used.add(name);
    });
    planned.push({
      name: wanted.name,
      type: wanted.isF32 ? "F32" : type,
      shape: [...wanted.shape.toReversed(), ...(parts.length > 1 ? [parts.length] : [])],
      parts: parts as SourceTensor[],
      interleavedRows: wanted.interleavedRows ?? 0,
    });
  }
  const isLeftOut = (name: string) => IGNORED.test(name) || (shape.isTied && name === "lm_head.weight");
  const unknown = [...source.keys()].filter((name) => !used.has(name) && !isLeftOut(name));
  if (unknown.length > 0)
    throw new AppError(
      "UNSUPPORTED",
      `${folder} has ${unknown.length} tensors without a place in GGUF: ${visibleToken(unknown[0]!)}.`,
      {
        hint: "An adapter or a changed architecture: merge adapters first.",
        details: { tensors: unknown.slice(0, 20) },
      },
    );
  return planned;
}

/** Names, shapes (ggml order) and kinds of the tensors that every model of this shape has, in file order. */
export function tensorTable(shape: ModelShape): { name: string; shape: number[]; isF32: boolean }[] {
  return [...wantedTensors(shape)]
    .filter(({ isOptional }) => !isOptional)
    .map(({ name, shape: rowMajor, sources, isF32 = false }) => ({
      name,
      shape: [...rowMajor.toReversed(), ...(sources.length > 1 ? [sources.length] : [])],
      isF32,
    }));
}

function checkPart(
  name: string,
  part: SourceTensor | undefined,
  shape: readonly number[],
  folder: string,
): void {
  if (!part)
    throw new AppError("MODEL_INVALID", `${folder} lacks the tensor "${name}".`, {
      hint: "The download is incomplete: compare the shards with model.safetensors.index.json.",
    });
  if (part.shape.join() !== shape.join())
    throw new AppError(
      "MODEL_INVALID",
      `${folder}: "${name}" has the shape [${part.shape}], config.json asks for [${shape}].`,
      {
        hint: "The configuration belongs to another model.",
      },
    );
}

function* wantedTensors(shape: ModelShape): Generator<Wanted> {
  const { dim, vocabulary } = shape;
  yield { name: "token_embd.weight", sources: ["model.embed_tokens.weight"], shape: [vocabulary, dim] };
  for (let layer = 0; layer < shape.layers; layer++) {
    const from = `model.layers.${layer}`;
    const to = `blk.${layer}`;
    yield {
      name: `${to}.attn_norm.weight`,
      sources: [`${from}.input_layernorm.weight`],
      shape: [dim],
      isF32: true,
    };
    yield* attention(shape, `${from}.self_attn`, to);
    yield {
      name: `${to}.ffn_norm.weight`,
      sources: [`${from}.post_attention_layernorm.weight`],
      shape: [dim],
      isF32: true,
    };
    yield* shape.experts > 0
      ? expertLayer(shape, `${from}.block_sparse_moe`, to)
      : denseLayer(shape, `${from}.mlp`, to);
  }
  yield { name: "output_norm.weight", sources: ["model.norm.weight"], shape: [dim], isF32: true };
  if (!shape.isTied) yield { name: "output.weight", sources: ["lm_head.weight"], shape: [vocabulary, dim] };
}

function* attention(
  { dim, heads, kvHeads, headDim }: ModelShape,
  from: string,
  to: string,
): Generator<Wanted> {
  const rows = { q: heads * headDim, k: kvHeads * headDim, v: kvHeads * headDim };
  for (const kind of ["q", "k", "v"] as const) {
    // Hugging Face rotates halves of a head (i, i + d/2), llama.cpp neighbours (2i, 2i + 1).
    const interleavedRows = kind === "v" ? 0 : headDim;
    const name = `${to}.attn_${kind}`;
    const source = `${from}.${kind}_proj`;
    yield {
      name: `${name}.weight`,
      sources: [`${source}.weight`],
      shape: [rows[kind], dim],
      interleavedRows,
    };
    yield {
      name: `${name}.bias`,
      sources: [`${source}.bias`],
      shape: [rows[kind]],
      interleavedRows,
      isF32: true,
      isOptional: true,
    };
  }
  yield {
    name: `${to}.attn_output.weight`,
    sources: [`${from}.o_proj.weight`],
    shape: [dim, heads * headDim],
  };
  yield {
    name: `${to}.attn_output.bias`,
    sources: [`${from}.o_proj.bias`],
    shape: [dim],
    isF32: true,
    isOptional: true,
  };
}

function* denseLayer({ dim, ffn }: ModelShape, from: string, to: string): Generator<Wanted> {
  for (const kind of ["gate", "up", "down"] as const) {
    const shape = kind === "down" ? [dim, ffn] : [ffn, dim];
    yield { name: `${to}.ffn_${kind}.weight`, sources: [`${from}.${kind}_proj.weight`], shape };
    yield {
      name: `${to}.ffn_${kind}.bias`,
      sources: [`${from}.${kind}_proj.bias`],
      shape: shape.slice(0, 1),
      isF32: true,
      isOptional: true,
    };
  }
}

/** w1, w2, w3 are Mixtral's names for gate, down and up. */
const EXPERT_WEIGHTS = { gate: "w1", up: "w3", down: "w2" } as const;

function* expertLayer({ dim, ffn, experts }: ModelShape, from: string, to: string): Generator<Wanted> {
  yield {
    name: `${to}.ffn_gate_inp.weight`,
    sources: [`${from}.gate.weight`],
    shape: [experts, dim],
    isF32: true,
  };
  for (const [kind, weight] of Object.entries(EXPERT_WEIGHTS))
    yield {
      name: `${to}.ffn_${kind}_exps.weight`,
      sources: Array.from({ length: experts }, (_, expert) => `${from}.experts.${expert}.${weight}.weight`),
      shape: kind === "down" ? [dim, ffn] : [ffn, dim],
    };
}
