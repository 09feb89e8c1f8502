/**
 * The tokenizer of a Hugging Face folder as GGUF metadata. Sources, later ones over earlier ones:
 * tokenizer.model or tokenizer.json, added_tokens.json, added_tokens_decoder of tokenizer_config.json; ids of special tokens
 * from tokenizer_config.json, config.json, generation_config.json, tokenizer.model, the first that has one.
 */

import { join } from "node:path";
import { AppError } from "../../errors.ts";
import { type GgufValue, stringList } from "../gguf/metadata.ts";
import { addedTokens, assertUsable, layOut } from "./added-tokens.ts";
import { readJson, readSmallFile } from "./read-json.ts";
import { type Piece, readSentencePiece, type SourceTokenizer } from "./sentencepiece.ts";
import { type AddedEntry, readTokenizerJson } from "./tokenizer-json.ts";

const MAX_TEMPLATE_BYTES = 2 ** 20;

// A token may be the byte order mark itself; the default would swallow it.
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

type Json = Record<string, unknown>;

export interface ConvertedVocabulary {
  readonly metadata: readonly [string, GgufValue][];
  readonly warnings: readonly string[];
}

/**
 * Converts the tokenizer.
 * @param rows of the embedding; a smaller vocabulary is padded with unused tokens
 * @throws UNSUPPORTED without a SentencePiece tokenizer, MODEL_INVALID if it has more pieces than the embedding rows
 */
export async function convertVocabulary(
  folder: string,
  files: readonly string[],
  config: Json,
  rows: number,
): Promise<ConvertedVocabulary> {
  const read = async (name: string): Promise<Json> =>
    files.includes(name) ? await readJson(join(folder, name)) : {};
  const { model, entries, warnings } = await readTokenizer(folder, files, rows);
  const tokenizer = await read("tokenizer_config.json");
  const generation = await read("generation_config.json");
  if (model.pieces.length > rows)
    throw new AppError(
      "MODEL_INVALID",
      `${folder}: the tokenizer has ${model.pieces.length} pieces, the embedding ${rows} rows.`,
      {
        hint: "The tokenizer belongs to another model.",
      },
    );
  const added = addedTokens(entries, await read("added_tokens.json"), tokenizer, rows);
  const laidOut = layOut(model.pieces, added.tokens, rows);
  assertUsable(laidOut.pieces, folder);
  const template = await chatTemplate(folder, files, tokenizer);
  return {
    metadata: [
      ...pieceMetadata(laidOut.pieces),
      ...specialTokens(model, laidOut.pieces, [tokenizer, config, generation]),
      ...flags(model, tokenizer),
      ...(template === undefined
        ? []
        : [entry("tokenizer.chat_template", { type: "string", value: template })]),
    ],
    warnings: [...warnings, ...added.warnings, ...laidOut.warnings],
  };
}

async function readTokenizer(
  folder: string,
  files: readonly string[],
  rows: number,
): Promise<{
  model: SourceTokenizer;
  entries: readonly AddedEntry[];
  warnings: readonly string[];
}> {
  if (files.includes("tokenizer.model"))
    return {
      model: await readSentencePiece(join(folder, "tokenizer.model")),
      entries: [],
      warnings: [],
    };
  if (files.includes("tokenizer.json")) {
    const model = await readTokenizerJson(join(folder, "tokenizer.json"), rows);
    return { model, entries: model.added, warnings: model.warnings };
  }
  throw new AppError("UNSUPPORTED", `${folder} has neither tokenizer.model nor tokenizer.json.`, {
    hint: "Copy tokenizer.model from the base model's repository: fine-tunes of Mixtral, Mistral and Llama 2 share it.",
  });
}

const entry = (key: string, value: GgufValue): [string, GgufValue] => [key, value];

/** Tokens as llama.cpp's "llama" tokenizer wants them (src/llama-vocab.cpp). */
export function pieceMetadata(pieces: readonly Piece[]): [string, GgufValue][] {
  return [
    ["tokenizer.ggml.model", { type: "string", value: "llama" }],
    ["tokenizer.ggml.pre", { type: "string", value: "default" }],
    [
      "tokenizer.ggml.tokens",
      { type: "array", of: "string", value: stringList(pieces.map(({ text }) => text)) },
    ],
    [
      "tokenizer.ggml.scores",
      { type: "array", of: "float32", value: Float32Array.from(pieces, ({ score }) => score) },
    ],
    [
      "tokenizer.ggml.token_type",
      { type: "array", of: "int32", value: Int32Array.from(pieces, ({ type }) => type) },
    ],
  ];
}

function specialTokens(
  model: SourceTokenizer,
  pieces: readonly Piece[],
  sources: readonly Json[],
): [string, GgufValue][] {
  const idOfText = new Map(pieces.map(({ text }, id) => [decoder.decode(text), id]));
  const idOf = (kind: "bos" | "eos" | "unk" | "pad", fallback: number): number | undefined => {
    const named = sources.map((source) => source[`${kind}_token`]).find((token) => token != null);
    const text = typeof named === "string" ? named : (named as Json | undefined)?.content;
    // eos_token_id may be a list; its first entry is the one that ends an answer.
    const listed = sources
      .map((source) => source[`${kind}_token_id`])
      .map((id) => (Array.isArray(id) ? id[0] : id));
    const candidates = [idOfText.get(String(text)), ...listed, fallback];
    return candidates.find((id): id is number => Number.isInteger(id) && id >= 0 && id < pieces.length);
  };
  return (["bos", "eos", "unk", "pad"] as const).flatMap((kind) => {
    const id = idOf(kind, model[kind]);
    const key = { bos: "bos", eos: "eos", unk: "unknown", pad: "padding" }[kind];
    return id === undefined ? [] : [entry(`tokenizer.ggml.${key}_token_id`, { type: "uint32", value: id })];
  });
}

function flags(model: SourceTokenizer, tokenizer: Json): [string, GgufValue][] {
  const flag = (value: unknown, fallback: boolean): GgufValue => ({
    type: "bool",
    value: typeof value === "boolean" ? value : fallback,
  });
  return [
    // llama.cpp's defaults for this tokenizer are true and false; written down, they survive a change of mind.
    ["tokenizer.ggml.add_bos_token", flag(tokenizer.add_bos_token, true)],
    ["tokenizer.ggml.add_eos_token", flag(tokenizer.add_eos_token, false)],
    ["tokenizer.ggml.add_space_prefix", flag(tokenizer.add_prefix_space, model.addsSpacePrefix)],
  ];
}

/** A file of its own wins over tokenizer_config.json, as in transformers; of several, the one named "default". */
async function chatTemplate(
  folder: string,
  files: readonly string[],
  tokenizer: Json,
): Promise<string | undefined> {
  if (files.includes("chat_template.jinja"))
    return decoder.decode(await readSmallFile(join(folder, "chat_template.jinja"), MAX_TEMPLATE_BYTES));
  const found = tokenizer.chat_template;
  if (typeof found === "string") return found;
  if (!Array.isArray(found)) return undefined;
  const named = found.find((item: Json) => item?.name === "default") ?? found[0];
  return typeof named?.template === "string" ? named.template : undefined;
}
