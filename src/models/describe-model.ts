/** What a GGUF file says about its model, in the words of the LanguageModel port. */

import { basename, dirname } from "node:path";
import { type ChosenTemplate, chooseTemplate } from "./chat/choose-template.ts";
import { countWeights, fileTypeName, type GgmlTypeName } from "./gguf/ggml-types.ts";
import { findTensor, type Gguf } from "./gguf/gguf.ts";
import { numberOf, stringAt, stringsOf, textOf } from "./gguf/metadata.ts";
import { modelStem } from "./gguf/shard-names.ts";

export interface ModelDescription {
  /** The file's stem. */
  readonly name: string;
  readonly path: string;
  /** general.architecture: "llama" for Llama, Mistral and Mixtral. */
  readonly architecture: string;
  readonly parameters: number;
  readonly layers: number;
  /** Width of the residual stream. */
  readonly dim: number;
  readonly heads: number;
  readonly kvHeads: number;
  /** Numbers in one key or value of one head. */
  readonly headDim: number;
  readonly ffn: number;
  /** 0 for a dense model. */
  readonly experts: number;
  readonly expertsUsed: number;
  readonly vocabulary: number;
  readonly contextTrained: number;
  /** "Q4_K_M", "Q8_0" …: general.file_type, else the type of most weights. */
  readonly quantisation: string;
  readonly chatTemplate: string | undefined;
  /** The template that conversations are rendered with, and why. */
  readonly template: ChosenTemplate;
  readonly bos: number | undefined;
  readonly eos: number | undefined;
  /** Bytes of all tensors. */
  readonly sizeBytes: number;
}

/** Describes a model; numbers that the file does not hold are 0. */
export function describeModel(gguf: Gguf): ModelDescription {
  const architecture = textOf(gguf, "general.architecture") ?? "unknown";
  const number = (key: string, fallback = 0) => numberOf(gguf, `${architecture}.${key}`) ?? fallback;
  const dim = number("embedding_length");
  const heads = number("attention.head_count");
  const embedding = findTensor(gguf, "token_embd.weight");
  return {
    name: modelStem(basename(gguf.path)),
    path: gguf.path,
    architecture,
    parameters: gguf.tensors.reduce((sum, { shape }) => sum + countWeights(shape), 0),
    layers: number("block_count"),
    dim,
    heads,
    kvHeads: number("attention.head_count_kv", heads),
    headDim: number("attention.key_length", heads > 0 ? dim / heads : 0),
    ffn: number("feed_forward_length"),
    experts: number("expert_count"),
    expertsUsed: number("expert_used_count"),
    vocabulary:
      stringsOf(gguf, "tokenizer.ggml.tokens")?.ends.length ?? embedding?.shape[1] ?? number("vocab_size"),
    contextTrained: number("context_length"),
    quantisation: fileTypeName(numberOf(gguf, "general.file_type") ?? -1) ?? mostCommonType(gguf),
    chatTemplate: textOf(gguf, "tokenizer.chat_template"),
    template: templateOf(gguf),
    bos: numberOf(gguf, "tokenizer.ggml.bos_token_id"),
    eos: numberOf(gguf, "tokenizer.ggml.eos_token_id"),
    sizeBytes: gguf.tensors.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
  };
}

function templateOf(gguf: Gguf): ChosenTemplate {
  let texts: ReadonlySet<string> | undefined;
  return chooseTemplate({
    name: modelStem(basename(gguf.path)),
    title: textOf(gguf, "general.name"),
    folder: basename(dirname(gguf.path)),
    chatTemplate: textOf(gguf, "tokenizer.chat_template"),
    hasToken(text) {
      const tokens = stringsOf(gguf, "tokenizer.ggml.tokens");
      texts ??= new Set(Array.from(tokens?.ends ?? [], (_, id) => stringAt(tokens!, id)));
      return texts.has(text);
    },
  });
}

function mostCommonType(gguf: Gguf): string {
  const bytes = new Map<GgmlTypeName, number>();
  for (const { type, sizeBytes } of gguf.tensors) bytes.set(type, (bytes.get(type) ?? 0) + sizeBytes);
  return [...bytes].toSorted((a, b) => b[1] - a[1])[0]?.[0] ?? "unknown";
}
