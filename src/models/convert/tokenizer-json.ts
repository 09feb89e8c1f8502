/**
 * Reads tokenizer.json where it holds what tokenizer.model would: BPE over characters with byte fallback, as
 * transformers exports Llama's and Mistral's tokenizers. Everything that would split texts another way in llama.cpp
 * is refused. Hostile input as well: ids are checked against the embedding's rows before anything is laid out.
 * Format: huggingface/tokenizers, tokenizers/src/models/bpe/serialization.rs.
 */

import { AppError } from "../../errors.ts";
import { visibleToken } from "../../visible-token.ts";
import { mergeScores } from "./merge-scores.ts";
import { readJson } from "./read-json.ts";
import { PIECE_TYPE, type Piece, type SourceTokenizer } from "./sentencepiece.ts";

/** Mixtral's has 2 MB, those with 256,000 tokens some 35. */
const MAX_BYTES = 64 * 2 ** 20;
/** No piece of a real vocabulary is longer; time grows with its square. */
const MAX_PIECE_LENGTH = 256;
/** Mixtral's has two merges a token; a run of n equal characters has n - 1. */
const MAX_MERGES_PER_TOKEN = 32;
/** Share of pieces that may have merges of their own: more is a tokenizer that was not SentencePiece's. */
const MAX_UNMERGED = 0.01;
const SPACE = "\u2581";

type Json = Record<string, unknown>;
type Damaged = (problem: string) => AppError;

const encoder = new TextEncoder();

export interface AddedEntry {
  readonly id: number;
  readonly text: string;
  readonly isSpecial: boolean;
}

export type TokenizerJson = SourceTokenizer & {
  /** Tokens outside of the merges, some of them outside of the vocabulary. */
  readonly added: readonly AddedEntry[];
  readonly warnings: readonly string[];
};

/**
 * Reads the vocabulary; a piece's place is its id, and ids without one are missing.
 * @param rows of the embedding
 * @throws UNSUPPORTED for another kind of tokenizer, MODEL_INVALID if it is damaged
 */
export async function readTokenizerJson(path: string, rows: number): Promise<TokenizerJson> {
  const file = await readJson(path, MAX_BYTES);
  const damaged: Damaged = (problem) =>
    new AppError("MODEL_INVALID", `${path} is damaged: ${problem}.`, { hint: "Download the file again." });
  const unsupported: Damaged = (what) =>
    new AppError("UNSUPPORTED", `${path} ${what}; llama.cpp's SentencePiece would split texts another way.`, {
      hint: "Use the tokenizer.model of the base model if there is one, or llama.cpp's own converter.",
    });
  const model = objectOf(file.model);
  assertKind(model, unsupported);
  const vocabulary = readVocabulary(model, rows, damaged);
  const merges = readMerges(model, vocabulary, damaged);
  const added = readAdded(file.added_tokens, damaged);
  const special = new Map(added.map((token) => [token.text, token]));
  const unknown = typeof model.unk_token === "string" ? model.unk_token : undefined;
  const isPiece = (text: string) => vocabulary.has(text) && !special.has(text) && !isByte(text);

  const { scores, unmerged } = mergeScores(merges, [...vocabulary.keys()].filter(isPiece), isPiece);
  if (unmerged.length > MAX_UNMERGED * vocabulary.size)
    throw unsupported(`has ${unmerged.length} pieces that its merges do not make`);
  const pieces: (Piece | undefined)[] = [];
  for (const [text, id] of vocabulary) {
    const token = special.get(text);
    const type =
      text === unknown
        ? PIECE_TYPE.unknown
        : isByte(text)
          ? PIECE_TYPE.byte
          : token
            ? token.isSpecial
              ? PIECE_TYPE.control
              : PIECE_TYPE.user
            : PIECE_TYPE.normal;
    // Single characters are never made by merging: below all others, as in SentencePiece's own files.
    const score = type === PIECE_TYPE.normal ? (scores.get(text) ?? -scores.size - id) : 0;
    pieces[id] = { text: encoder.encode(text), score, type };
  }
  const idOf = (text: string | undefined) => vocabulary.get(text ?? "") ?? -1;
  return {
    pieces,
    added,
    addsSpacePrefix: addsSpacePrefix(file, unsupported),
    unk: idOf(unknown),
    bos: idOf("<s>"),
    eos: idOf("</s>"),
    pad: -1,
    warnings:
      unmerged.length === 0
        ? []
        : [
            `${unmerged.length} of ${vocabulary.size} pieces of tokenizer.json can be put together in ways that its merges do not name ("${visibleToken(unmerged[0]!)}"): a few texts may be split another way.`,
          ],
  };
}

function objectOf(value: unknown): Json {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Json) : {};
}

const isByte = (text: string) => /^<0x[0-9A-F]{2}>$/.test(text);

function assertKind(model: Json, unsupported: Damaged): void {
  if (model.type !== undefined && model.type !== "BPE")
    throw unsupported(`holds a ${visibleToken(String(model.type))} model and not BPE`);
  if (model.byte_fallback !== true)
    throw unsupported("holds byte-level BPE (the kind of GPT-2 and Llama 3) or has no byte fallback");
  if (model.ignore_merges === true) throw unsupported("ignores its own merges");
  if (model.dropout != null && model.dropout !== 0) throw unsupported("leaves merges out at random");
  for (const key of ["continuing_subword_prefix", "end_of_word_suffix"] as const)
    if (model[key] != null && model[key] !== "") throw unsupported(`marks pieces by a ${key}`);
}

function readVocabulary(model: Json, rows: number, damaged: Damaged): Map<string, number> {
  const vocabulary = new Map<string, number>();
  const taken = new Set<number>();
  for (const [text, id] of Object.entries(objectOf(model.vocab))) {
    if (!Number.isInteger(id) || (id as number) < 0)
      throw damaged(`"${visibleToken(text.slice(0, 80))}" has no id`);
    if ((id as number) >= rows)
      throw damaged(`it has a token with the id ${id}, but the embedding has ${rows} rows`);
    if (taken.has(id as number)) throw damaged(`two tokens have the id ${id}`);
    if (text.length > MAX_PIECE_LENGTH) throw damaged(`the token ${id} has ${text.length} characters`);
    taken.add(id as number);
    vocabulary.set(text, id as number);
  }
  if (vocabulary.size === 0) throw damaged("it has no vocabulary");
  return vocabulary;
}

/** "left right", or since tokenizers 0.20 ["left", "right"]. */
function readMerges(
  model: Json,
  vocabulary: ReadonlyMap<string, number>,
  damaged: Damaged,
): (readonly [string, string])[] {
  if (!Array.isArray(model.merges)) throw damaged("it has no merges");
  if (model.merges.length > MAX_MERGES_PER_TOKEN * vocabulary.size)
    throw damaged(`it has ${model.merges.length} merges for ${vocabulary.size} tokens`);
  return model.merges.map((merge: unknown, index) => {
    const parts = typeof merge === "string" ? merge.split(" ") : merge;
    if (!Array.isArray(parts) || parts.length !== 2 || parts.some((part) => typeof part !== "string"))
      throw damaged(`merge ${index} is not two pieces`);
    const [left, right] = parts as [string, string];
    for (const text of [left, right, left + right])
      if (!vocabulary.has(text))
        throw damaged(`merge ${index} names "${visibleToken(text.slice(0, 80))}", which is no token`);
    return [left, right] as const;
  });
}

function readAdded(list: unknown, damaged: Damaged): AddedEntry[] {
  if (list == null) return [];
  if (!Array.isArray(list)) throw damaged("its added tokens are no list");
  return list.map((entry: unknown) => {
    const { id, content, special } = objectOf(entry);
    if (!Number.isInteger(id) || typeof content !== "string")
      throw damaged("an added token lacks its id or its text");
    return { id: id as number, text: content, isSpecial: special === true };
  });
}

/** Whether a text begins with a space of its own; every other treatment of texts is refused. */
function addsSpacePrefix(file: Json, unsupported: Damaged): boolean {
  let adds = false;
  let replaces = false;
  const steps = (step: Json): readonly unknown[] =>
    step.type === "Sequence" ? ((step.normalizers ?? step.pretokenizers ?? []) as unknown[]) : [step];
  for (const step of steps(objectOf(file.normalizer)).map(objectOf)) {
    if (step.type === undefined) continue;
    if (step.type === "Prepend" && step.prepend === SPACE) adds = true;
    else if (step.type === "Replace" && objectOf(step.pattern).String === " " && step.content === SPACE)
      replaces = true;
    else throw unsupported(`changes texts first (${visibleToken(String(step.type))})`);
  }
  for (const step of steps(objectOf(file.pre_tokenizer)).map(objectOf)) {
    if (step.type === undefined) continue;
    if (step.type !== "Metaspace" || step.replacement !== SPACE || step.split !== false)
      throw unsupported(`cuts texts before merging (${visibleToken(String(step.type))})`);
    replaces = true;
    if (step.prepend_scheme !== "never") adds = true;
  }
  if (!replaces) throw unsupported("does not mark spaces");
  return adds;
}
