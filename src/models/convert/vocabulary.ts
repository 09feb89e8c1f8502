/**
 * The tokenizer of a Hugging Face folder as GGUF metadata. Sources, later ones over earlier ones:
 * tokenizer.model, added_tokens.json, added_tokens_decoder of tokenizer_config.json; ids of special tokens
 * from tokenizer_config.json, config.json, generation_config.json, tokenizer.model, the first that has one.
 */

import { join } from "node:path";
import { AppError } from "../../errors.ts";
import { visibleToken } from "../../visible-token.ts";
import { type GgufValue, stringList } from "../gguf/metadata.ts";
import { readJson, readSmallFile } from "./read-json.ts";
import { PIECE_TYPE, type Piece, readSentencePiece, type SentencePieceModel } from "./sentencepiece.ts";

/** Scores that llama.cpp's converter gives to tokens outside the model: never chosen by merging. */
const ADDED_SCORE = -1_000;
const PADDING_SCORE = -10_000;
const MAX_TEMPLATE_BYTES = 2 ** 20;

const encoder = new TextEncoder();
// A token may be the byte order mark itself; the default would swallow it.
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

type Json = Record<string, unknown>;

export interface ConvertedVocabulary {
  readonly metadata: readonly [string, GgufValue][];
  readonly warnings: readonly string[];
}

interface AddedToken {
  readonly text: string;
  readonly isSpecial: boolean;
}

/**
 * Converts the tokenizer.
 * @param rows of the embedding; a smaller vocabulary is padded with unused tokens
 * @throws UNSUPPORTED without tokenizer.model, MODEL_INVALID if it has more pieces than the embedding rows
 */
export async function convertVocabulary(
  folder: string,
  files: readonly string[],
  config: Json,
  rows: number,
): Promise<ConvertedVocabulary> {
  if (!files.includes("tokenizer.model"))
    throw new AppError("UNSUPPORTED", `${folder} has no tokenizer.model.`, {
      hint: "Copy it from the base model's repository (fine-tunes of Mixtral, Mistral and Llama 2 share it); tokenizer.json alone cannot be converted here.",
    });
  const read = async (name: string): Promise<Json> =>
    files.includes(name) ? await readJson(join(folder, name)) : {};
  const model = await readSentencePiece(join(folder, "tokenizer.model"));
  const tokenizer = await read("tokenizer_config.json");
  const generation = await read("generation_config.json");
  if (model.pieces.length > rows)
    throw new AppError(
      "MODEL_INVALID",
      `${folder}: tokenizer.model has ${model.pieces.length} pieces, the embedding ${rows} rows.`,
      {
        hint: "The tokenizer belongs to another model.",
      },
    );
  const added = addedTokens(await read("added_tokens.json"), tokenizer, rows);
  const pieces = layOut(model.pieces, added.tokens, rows);
  const template = await chatTemplate(folder, files, tokenizer);
  return {
    metadata: [
      ...pieceMetadata(pieces),
      ...specialTokens(model, pieces, [tokenizer, config, generation]),
      ...flags(model, tokenizer),
      ...(template === undefined
        ? []
        : [entry("tokenizer.chat_template", { type: "string", value: template })]),
    ],
    warnings: added.warnings,
  };
}

const entry = (key: string, value: GgufValue): [string, GgufValue] => [key, value];

function addedTokens(
  list: Json,
  tokenizer: Json,
  rows: number,
): { tokens: Map<number, AddedToken>; warnings: string[] } {
  const tokens = new Map<number, AddedToken>();
  const warnings: string[] = [];
  const add = (id: number, text: unknown, isSpecial: boolean) => {
    if (typeof text !== "string") return;
    if (Number.isInteger(id) && id >= 0 && id < rows) tokens.set(id, { text, isSpecial });
    else
      warnings.push(
        `The added token "${visibleToken(text)}" has the id ${id}, outside the ${rows} rows; it is left out.`,
      );
  };
  for (const [text, id] of Object.entries(list)) add(Number(id), text, false);
  for (const [id, data] of Object.entries((tokenizer.added_tokens_decoder ?? {}) as Json)) {
    const { content, special } = (data ?? {}) as Json;
    add(Number(id), content, special === true);
  }
  return { tokens, warnings };
}

function layOut(pieces: readonly Piece[], added: ReadonlyMap<number, AddedToken>, rows: number): Piece[] {
  return Array.from({ length: rows }, (_, id): Piece => {
    const piece = pieces[id];
    const token = added.get(id);
    // Of the model's own tokens (<unk>, <s>, </s>) the list only repeats the text.
    if (piece && (!token || decoder.decode(piece.text) === token.text)) return piece;
    if (token)
      return {
        // Users' tokens are matched in the text before spaces are replaced.
        text: encoder.encode(token.isSpecial ? token.text : token.text.replaceAll("\u2581", " ")),
        score: ADDED_SCORE,
        type: token.isSpecial ? PIECE_TYPE.control : PIECE_TYPE.user,
      };
    return { text: encoder.encode(`[PAD${id}]`), score: PADDING_SCORE, type: PIECE_TYPE.unused };
  });
}

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
  model: SentencePieceModel,
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

function flags(model: SentencePieceModel, tokenizer: Json): [string, GgufValue][] {
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
