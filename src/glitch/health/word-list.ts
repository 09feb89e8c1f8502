/** A list of words as people keep it: a text file with one word or phrase a line. The file is not trusted. */

import { AppError } from "../../errors.ts";

/** A word or phrase and the line it first stands on, from 1. */
export interface ListedWord {
  readonly line: number;
  readonly text: string;
}

/** Bytes of a list at most: ample for any glossary. */
export const WORD_LIST_BYTES = 4 * 2 ** 20;
const MOST_WORDS = 50_000;
/** UTF-16 units of a line: a phrase, not a document. */
const MOST_LENGTH = 1_000;

/**
 * Reads the list: UTF-8, with or without a byte order mark, lines ending as on any system. Spaces around a
 * word, blank lines and words that came before are left out.
 *
 * @throws DATA_UNAVAILABLE if the bytes are no such text, hold no word, or are too many
 */
export function readWordList(bytes: Uint8Array, name = "the list"): ListedWord[] {
  const refuse = (why: string, cause?: unknown) =>
    new AppError("DATA_UNAVAILABLE", `${name} ${why}.`, {
      hint: "Give a UTF-8 text file with one word or phrase a line.",
      cause,
    });
  if (bytes.length > WORD_LIST_BYTES) throw refuse(`is larger than ${WORD_LIST_BYTES / 2 ** 20} MiB`);
  if (bytes.includes(0)) throw refuse("is no UTF-8 text: it holds null bytes");
  let content: string;
  try {
    content = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw refuse("is no UTF-8 text", cause);
  }
  const words = new Map<string, ListedWord>();
  for (const [index, line] of content.split(/\r\n|\n|\r/).entries()) {
    const text = line.trim();
    if (text.length > MOST_LENGTH)
      throw refuse(
        `has a line of ${text.length} characters at ${index + 1}; at most ${MOST_LENGTH} are a phrase`,
      );
    if (text !== "" && !words.has(text)) words.set(text, { line: index + 1, text });
  }
  if (words.size === 0) throw refuse("has no words");
  if (words.size > MOST_WORDS) throw refuse(`has ${words.size} words; at most ${MOST_WORDS} are looked up`);
  return [...words.values()];
}
