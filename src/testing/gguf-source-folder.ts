/** Small Hugging Face folders with random weights, as the converter reads them. */

import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { convertFloats, type FloatType } from "../models/convert/half-floats.ts";
import type { Piece } from "../models/convert/sentencepiece.ts";
import { createNoise, noiseWeights } from "./gguf-noise.ts";
import { syntheticPieces } from "./gguf-vocabulary.ts";
import { encodeTokenizerJson } from "./tokenizer-json.ts";

export interface SourceFolderOptions {
  readonly folder: string;
  /** @default "MixtralForCausalLM" */
  readonly architecture?: "MixtralForCausalLM" | "MistralForCausalLM" | "LlamaForCausalLM";
  /** How weights are stored. @default "BF16" */
  readonly type?: FloatType;
  /** Files that the weights are spread over; more than one come with an index. @default 1 */
  readonly shards?: number;
  /** Rows of the embedding; the tokenizer has 8 pieces less. @default 400 */
  readonly vocabulary?: number;
  /** Other keys of config.json. */
  readonly config?: Readonly<Record<string, unknown>>;
  readonly chatTemplate?: string;
  /** Which file holds the tokenizer. @default "tokenizer.model" */
  readonly tokenizer?: "tokenizer.model" | "tokenizer.json";
}

interface SafetensorsInput {
  readonly name: string;
  readonly dtype: string;
  /** Row-major. */
  readonly shape: readonly number[];
  readonly bytes: Uint8Array;
}

const SIZES = { dim: 64, ffn: 96, heads: 4, kvHeads: 2, headDim: 16, layers: 2, experts: 4 };
const UNNAMED_ROWS = 8;

/**
 * Writes config.json, tokenizer.model, tokenizer_config.json and safetensors: two layers, width 64, four heads
 * over two key-value heads, four experts of which two are used.
 * @returns the weights by name
 */
export async function writeSourceFolder(
  options: SourceFolderOptions,
): Promise<Map<string, SafetensorsInput>> {
  const {
    folder,
    architecture = "MixtralForCausalLM",
    type = "BF16",
    shards = 1,
    vocabulary = 400,
  } = options;
  const isMoe = architecture === "MixtralForCausalLM";
  const { dim, ffn, heads, kvHeads, headDim, layers, experts } = SIZES;
  await mkdir(folder, { recursive: true });
  const json = (name: string, value: object) =>
    writeFile(join(folder, name), JSON.stringify(value, undefined, 2));
  await json("config.json", {
    architectures: [architecture],
    hidden_size: dim,
    intermediate_size: ffn,
    num_attention_heads: heads,
    num_key_value_heads: kvHeads,
    head_dim: headDim,
    num_hidden_layers: layers,
    max_position_embeddings: 512,
    vocab_size: vocabulary,
    rms_norm_eps: 1e-5,
    rope_theta: 10_000,
    hidden_act: "silu",
    ...(isMoe ? { num_local_experts: experts, num_experts_per_tok: 2 } : {}),
    ...options.config,
  });
  await json("tokenizer_config.json", {
    bos_token: "<s>",
    eos_token: { content: "</s>" },
    unk_token: "<unk>",
    add_bos_token: true,
    ...(options.chatTemplate === undefined ? {} : { chat_template: options.chatTemplate }),
  });
  const pieces = syntheticPieces(vocabulary - UNNAMED_ROWS);
  if (options.tokenizer === "tokenizer.json")
    await writeFile(join(folder, "tokenizer.json"), encodeTokenizerJson(pieces));
  else await writeFile(join(folder, "tokenizer.model"), encodeSentencePiece(pieces));
  const tensors = randomTensors(isMoe, type, vocabulary);
  await writeShards(folder, tensors, shards, json);
  return new Map(tensors.map((tensor) => [tensor.name, tensor]));
}

function randomTensors(isMoe: boolean, type: FloatType, vocabulary: number): SafetensorsInput[] {
  const { dim, ffn, heads, kvHeads, headDim, layers, experts } = SIZES;
  const noise = createNoise(7);
  const tensor = (name: string, shape: readonly number[]): SafetensorsInput => {
    const count = shape.reduce((product, size) => product * size, 1);
    const noisy = Buffer.concat(
      [...noiseWeights(noise, "F32", count, 0.1)].map((chunk) => Uint8Array.from(chunk)),
    );
    const floats = new Float32Array(Uint8Array.from(noisy).buffer);
    // Trained norms lie around 1; around 0 they would silence their layers.
    const values = shape.length === 1 ? floats.map((value) => 1 + value) : floats;
    const bytes = convertFloats(new Uint8Array(values.buffer), "F32", type);
    return { name: `${name}.weight`, dtype: type, shape, bytes };
  };
  const mlp = (at: string, names: readonly string[]) => [
    tensor(`${at}.${names[0]}`, [ffn, dim]),
    tensor(`${at}.${names[1]}`, [ffn, dim]),
    tensor(`${at}.${names[2]}`, [dim, ffn]),
  ];
  const layer = (at: string) => [
    tensor(`${at}.input_layernorm`, [dim]),
    tensor(`${at}.self_attn.q_proj`, [heads * headDim, dim]),
    tensor(`${at}.self_attn.k_proj`, [kvHeads * headDim, dim]),
    tensor(`${at}.self_attn.v_proj`, [kvHeads * headDim, dim]),
    tensor(`${at}.self_attn.o_proj`, [dim, heads * headDim]),
    tensor(`${at}.post_attention_layernorm`, [dim]),
    ...(isMoe
      ? [
          tensor(`${at}.block_sparse_moe.gate`, [experts, dim]),
          ...Array.from({ length: experts }, (_, e) =>
            mlp(`${at}.block_sparse_moe.experts.${e}`, ["w1", "w3", "w2"]),
          ).flat(),
        ]
      : mlp(`${at}.mlp`, ["gate_proj", "up_proj", "down_proj"])),
  ];
  return [
    tensor("model.embed_tokens", [vocabulary, dim]),
    ...Array.from({ length: layers }, (_, index) => layer(`model.layers.${index}`)).flat(),
    tensor("model.norm", [dim]),
    tensor("lm_head", [vocabulary, dim]),
  ];
}

async function writeShards(
  folder: string,
  tensors: readonly SafetensorsInput[],
  shards: number,
  json: (name: string, value: object) => Promise<void>,
): Promise<void> {
  if (shards === 1) return writeFile(join(folder, "model.safetensors"), encodeSafetensors(tensors));
  const five = (number: number) => String(number).padStart(5, "0");
  const map: Record<string, string> = {};
  for (let shard = 0; shard < shards; shard++) {
    const name = `model-${five(shard + 1)}-of-${five(shards)}.safetensors`;
    const part = tensors.filter((_, index) => index % shards === shard);
    for (const tensor of part) map[tensor.name] = name;
    await writeFile(join(folder, name), encodeSafetensors(part));
  }
  await json("model.safetensors.index.json", { metadata: {}, weight_map: map });
}

/** One safetensors file. */
export function encodeSafetensors(tensors: readonly SafetensorsInput[]): Uint8Array {
  const table: Record<string, object> = {};
  let at = 0;
  for (const { name, dtype, shape, bytes } of tensors) {
    table[name] = { dtype, shape, data_offsets: [at, at + bytes.length] };
    at += bytes.length;
  }
  const header = Buffer.from(JSON.stringify(table));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  return Buffer.concat([length, header, ...tensors.map(({ bytes }) => bytes)]);
}

/** A tokenizer.model: pieces, and a trainer_spec that says BPE (field numbers as in sentencepiece.ts). */
export function encodeSentencePiece(pieces: readonly Piece[]): Uint8Array {
  const message = (field: number, body: Uint8Array) =>
    Buffer.concat([varint(field * 8 + 2), varint(body.length), body]);
  const encoded = pieces.map(({ text, score, type }) => {
    const bits = Buffer.alloc(4);
    bits.writeFloatLE(score);
    return message(
      1,
      Buffer.concat([message(1, text), varint(2 * 8 + 5), bits, varint(3 * 8), varint(type)]),
    );
  });
  const trainer = Buffer.concat([varint(3 * 8), varint(2)]);
  return Buffer.concat([...encoded, message(2, trainer)]);
}

function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return Uint8Array.from([...bytes, rest]);
    bytes.push((rest % 128) | 128);
  }
}
