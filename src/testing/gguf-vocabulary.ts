/** A made-up SentencePiece vocabulary that llama.cpp loads and that splits and joins any text. */

import { PIECE_TYPE, type Piece } from "../models/convert/sentencepiece.ts";
import { pieceMetadata } from "../models/convert/vocabulary.ts";
import type { GgufValue } from "../models/gguf/metadata.ts";
import { createNoise } from "./gguf-noise.ts";

const SPACE = "\u2581";
const CHARACTERS = [
  SPACE,
  ...Array.from({ length: 0x7f - 0x21 }, (_, index) => String.fromCharCode(0x21 + index)),
];
const SPECIAL = [
  { text: "<unk>", type: PIECE_TYPE.unknown },
  { text: "<s>", type: PIECE_TYPE.control },
  { text: "</s>", type: PIECE_TYPE.control },
];
const BYTES = 256;
/** Ids of the first ordinary piece; smaller vocabularies are not possible. */
export const FIRST_PIECE = SPECIAL.length + BYTES;
const LONGEST_PIECE = 12;

/**
 * Special tokens, 256 bytes, the printable ASCII characters, then pieces that each join two earlier ones, so
 * that merging by score reaches every one of them.
 */
export function syntheticPieces(count: number, seed = 0): Piece[] {
  const encoder = new TextEncoder();
  const noise = createNoise(seed);
  const texts = CHARACTERS.slice(0, Math.max(0, count - FIRST_PIECE));
  const known = new Set(texts);
  while (texts.length < count - FIRST_PIECE) {
    const left = texts[noise() % texts.length]!;
    const right = texts[noise() % texts.length]!;
    const text = left + right;
    // As in real vocabularies a space only begins a piece.
    if (text.length > LONGEST_PIECE || right.includes(SPACE) || known.has(text)) continue;
    known.add(text);
    texts.push(text);
  }
  const piece = (text: string, score: number, type: number): Piece => ({
    text: encoder.encode(text),
    score,
    type,
  });
  return [
    ...SPECIAL.map(({ text, type }) => piece(text, 0, type)),
    ...Array.from({ length: BYTES }, (_, byte) =>
      piece(`<0x${byte.toString(16).toUpperCase().padStart(2, "0")}>`, 0, PIECE_TYPE.byte),
    ),
    ...texts.map((text, rank) => piece(text, -rank, PIECE_TYPE.normal)),
  ];
}

/** The vocabulary as GGUF metadata. */
export function syntheticVocabulary(count: number, seed = 0): [string, GgufValue][] {
  const id = (value: number): GgufValue => ({ type: "uint32", value });
  return [
    ...pieceMetadata(syntheticPieces(count, seed)),
    ["tokenizer.ggml.unknown_token_id", id(0)],
    ["tokenizer.ggml.bos_token_id", id(1)],
    ["tokenizer.ggml.eos_token_id", id(2)],
    ["tokenizer.ggml.add_bos_token", { type: "bool", value: true }],
    ["tokenizer.ggml.add_space_prefix", { type: "bool", value: true }],
  ];
}
