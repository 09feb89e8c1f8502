/** Text and tokens where llama.cpp's tokenizer needs help. */

import type { LlamaModel } from "../llama/index.ts";
import type { TokenKind } from "./language-model.ts";

/**
 * Tokens of text that goes on after other text. SentencePiece vocabularies put a space before every text; a
 * line feed is a byte of its own there and joins with nothing, so it serves as an anchor that is cut off again.
 */
export function tokenizeContinuation(model: LlamaModel, text: string, special: boolean): number[] {
  if (text === "") return [];
  const anchor = model.tokenize("\n", false, special);
  const ids = model.tokenize(`\n${text}`, false, special);
  const joined = anchor.some((id, index) => ids[index] !== id);
  // Vocabularies in which a line feed joins with what follows (byte-level BPE) put no space before a text.
  return joined ? model.tokenize(text, false, special) : ids.slice(anchor.length);
}

/** Bits of enum llama_token_attr (include/llama.h). */
const ATTRIBUTES: readonly (readonly [number, TokenKind])[] = [
  [1 << 0, "unknown"],
  [1 << 1, "unused"],
  [1 << 3, "control"],
  [1 << 4, "user"],
  [1 << 5, "byte"],
];

/** The kind that a token's attribute bits mean. */
export function tokenKindOf(attributes: number): TokenKind {
  return ATTRIBUTES.find(([bit]) => attributes & bit)?.[1] ?? "normal";
}
