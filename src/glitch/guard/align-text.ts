/** Where the tokens of a text lie in the text itself: bytes, lines and columns. */

import type { GuardVocabulary } from "./guard-vocabulary.ts";

/** A place in a text. */
export interface TextPlace {
  /** From 0, in UTF-8. */
  readonly byte: number;
  /** From 1. */
  readonly line: number;
  /** From 1, in characters (code points). */
  readonly column: number;
}

export interface TextAlignment {
  /** The place of a byte of the tokens' bytes. */
  placeOf(tokenByte: number): TextPlace;
}

const SPACE = 0x20;
const NEWLINE = 0x0a;
/** U+2581 in UTF-8: SentencePiece writes spaces so, and reads the real character as a space too. */
const BLOCK = [0xe2, 0x96, 0x81] as const;

/**
 * Holds the bytes of the ids against the text. Two differences are SentencePiece's own and allowed: a space put
 * before the text, and U+2581 read as a space.
 * @returns undefined if the tokenizer changed the text in another way; there are then no places to tell
 */
export function alignText(
  text: string,
  ids: readonly number[],
  { bytes: bytesOf }: Pick<GuardVocabulary, "bytes">,
): TextAlignment | undefined {
  const bytes = new TextEncoder().encode(text);
  const total = ids.reduce((sum, id) => sum + bytesOf[id]!.length, 0);
  // As many bytes as the text, or one more: then no character was read as a shorter one.
  const blocks = total < bytes.length ? findBlocks(bytes) : [];
  const seen = bytes.length - (BLOCK.length - 1) * blocks.length;
  const added = total - seen;
  if (added !== 0 && added !== 1) return undefined;

  let at = 0;
  let block = 0;
  let skip = added;
  for (const id of ids)
    for (const byte of bytesOf[id]!) {
      if (skip > 0) {
        skip--;
        if (byte !== SPACE) return undefined;
      } else if (at === blocks[block]) {
        if (byte !== SPACE) return undefined;
        at += BLOCK.length;
        block++;
      } else if (byte !== bytes[at++]) return undefined;
    }

  const lines = lineStarts(bytes);
  // A U+2581 is three bytes of the text and one of the tokens: where each lies in those.
  const seenBlocks = blocks.map((start, index) => start - (BLOCK.length - 1) * index);
  let last: TextPlace = { byte: 0, line: 1, column: 1 };
  return {
    placeOf(tokenByte) {
      const seenByte = Math.max(0, tokenByte - added);
      const before = countBelow(seenBlocks, seenByte);
      const byte = seenByte + (BLOCK.length - 1) * before;
      const line = countBelow(lines, byte + 1);
      // Places are asked for in order: counting goes on from the last one on the same line.
      const known = last.line === line && last.byte <= byte;
      let column = known ? last.column : 1;
      for (let i = known ? last.byte : lines[line - 1]!; i < byte; i++)
        if ((bytes[i]! & 0xc0) !== 0x80) column++;
      last = { byte, line, column };
      return last;
    },
  };
}

function findBlocks(bytes: Uint8Array): number[] {
  const found: number[] = [];
  for (let at = bytes.indexOf(BLOCK[0]); at !== -1; at = bytes.indexOf(BLOCK[0], at + 1))
    if (bytes[at + 1] === BLOCK[1] && bytes[at + 2] === BLOCK[2]) found.push(at);
  return found;
}

function lineStarts(bytes: Uint8Array): number[] {
  const starts = [0];
  for (let at = bytes.indexOf(NEWLINE); at !== -1; at = bytes.indexOf(NEWLINE, at + 1)) starts.push(at + 1);
  return starts;
}

/** How many of ascending numbers are below a value. */
function countBelow(sorted: readonly number[], value: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle]! < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
