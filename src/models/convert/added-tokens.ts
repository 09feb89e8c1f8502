/** Tokens beside the pieces of a model: added by fine-tuning, or rows of the embedding that nobody named. */

import { AppError } from "../../errors.ts";
import { visibleToken } from "../../visible-token.ts";
import { PIECE_TYPE, type Piece } from "./sentencepiece.ts";
import type { AddedEntry } from "./tokenizer-json.ts";

/** Scores that llama.cpp's converter gives to tokens outside the model: never chosen by merging. */
const ADDED_SCORE = -1_000;
const PADDING_SCORE = -10_000;
/** Marked as ordinary by many fine-tunes although they end turns (does_token_look_special of llama.cpp's converter). */
const LOOKS_SPECIAL = /^<\|.*\|>$|^<(pad|mask)>$/s;
const MAX_WARNINGS = 3;

const encoder = new TextEncoder();
// A token may be the byte order mark itself; the default would swallow it.
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

type Json = Record<string, unknown>;

export interface AddedToken {
  readonly text: string;
  readonly isSpecial: boolean;
}

/**
 * Collects added tokens by id; later sources win. Ids outside of the embedding are left out with a warning.
 * @param entries of tokenizer.json
 * @param list added_tokens.json: text -> id
 * @param tokenizer tokenizer_config.json with its added_tokens_decoder
 */
export function addedTokens(
  entries: readonly AddedEntry[],
  list: Json,
  tokenizer: Json,
  rows: number,
): { tokens: Map<number, AddedToken>; warnings: string[] } {
  const tokens = new Map<number, AddedToken>();
  const outside: string[] = [];
  const add = (id: number, text: unknown, isSpecial: boolean) => {
    if (typeof text !== "string") return;
    if (Number.isInteger(id) && id >= 0 && id < rows)
      tokens.set(id, { text, isSpecial: isSpecial || LOOKS_SPECIAL.test(text) });
    else
      outside.push(
        `The added token "${visibleToken(text)}" has the id ${id}, outside the ${rows} rows; it is left out.`,
      );
  };
  for (const { id, text, isSpecial } of entries) add(id, text, isSpecial);
  for (const [text, id] of Object.entries(list)) add(typeof id === "number" ? id : Number.NaN, text, false);
  for (const [id, data] of Object.entries((tokenizer.added_tokens_decoder ?? {}) as Json)) {
    const { content, special } = (data ?? {}) as Json;
    add(/^\d+$/.test(id) ? Number(id) : Number.NaN, content, special === true);
  }
  return { tokens, warnings: shorten(outside) };
}

/** One piece for each row of the embedding. */
export function layOut(
  pieces: readonly (Piece | undefined)[],
  added: ReadonlyMap<number, AddedToken>,
  rows: number,
): { pieces: Piece[]; warnings: string[] } {
  const warnings: string[] = [];
  // Not map(): it leaves the holes of ids without a piece, which are no entries.
  const idOf = new Map(Array.from(pieces, (piece, id) => [piece && decoder.decode(piece.text), id]));
  const laidOut = Array.from({ length: rows }, (_, id): Piece => {
    const piece = pieces[id];
    const token = added.get(id);
    // Of the model's own special tokens (<unk>, <s>, </s>) the list only repeats the text.
    if (piece && (!token || (decoder.decode(piece.text) === token.text && piece.type !== PIECE_TYPE.normal)))
      return piece;
    if (token) {
      // Users' tokens are matched in the text before spaces are replaced.
      const text = token.isSpecial ? token.text : token.text.replaceAll("\u2581", " ");
      const other = idOf.get(text);
      if (other === undefined || other === id) {
        idOf.set(text, id);
        const type = token.isSpecial ? PIECE_TYPE.control : PIECE_TYPE.user;
        return { text: encoder.encode(text), score: ADDED_SCORE, type };
      }
      warnings.push(
        `The added token "${visibleToken(text)}" with the id ${id} is the token ${other} once more; it is left out.`,
      );
    }
    return piece ?? { text: encoder.encode(`[PAD${id}]`), score: PADDING_SCORE, type: PIECE_TYPE.unused };
  });
  return { pieces: laidOut, warnings: shorten(warnings) };
}

/** A list from outside may have a million wrong entries. */
function shorten(warnings: readonly string[]): string[] {
  if (warnings.length <= MAX_WARNINGS) return [...warnings];
  const left = warnings.length - MAX_WARNINGS;
  return [...warnings.slice(0, MAX_WARNINGS), `… and ${left} more added tokens are left out.`];
}

/**
 * llama.cpp ends the whole process over two tokens of one text, and over a byte that it finds no token for.
 * @throws MODEL_INVALID, UNSUPPORTED
 */
export function assertUsable(pieces: readonly Piece[], folder: string): void {
  const idOf = new Map<string, number>();
  for (const [id, { text }] of pieces.entries()) {
    const key = Buffer.from(text).toString("latin1");
    const other = idOf.get(key);
    if (other !== undefined)
      throw new AppError(
        "MODEL_INVALID",
        `${folder}: the tokens ${other} and ${id} have the same text "${visibleToken(text)}".`,
        { hint: "Download the tokenizer again." },
      );
    idOf.set(key, id);
  }
  for (let byte = 0; byte < 256; byte++)
    if (!idOf.has(`<0x${byte.toString(16).toUpperCase().padStart(2, "0")}>`))
      throw new AppError("UNSUPPORTED", `${folder}: the tokenizer has no token for the byte ${byte}.`, {
        hint: "Only tokenizers with byte fallback can be converted; Mixtral, Mistral and Llama have it.",
      });
}
