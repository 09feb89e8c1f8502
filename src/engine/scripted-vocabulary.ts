/**
 * A toy vocabulary in the shape of SentencePiece's with byte fallback, and a longest-match tokenizer over it.
 * Longest match is not BPE, but it keeps the laws that matter: bytes are preserved, a duplicate piece can
 * never be produced, and a piece that is not valid UTF-8 cannot be typed.
 */

import type { TokenizeOptions, TokenKind } from "./language-model.ts";

/** One entry of a scripted vocabulary; its position in the list is its id. */
export interface ScriptedToken {
  /** Text as the reader sees it, with a plain leading space for word-initial pieces. */
  readonly text: string;
  /** @default "normal" */
  readonly kind?: TokenKind;
  /** What it stands for where that is not `text` in UTF-8: bytes, pieces of characters. */
  readonly bytes?: Uint8Array;
}

const WORDS =
  "cat dog water Monday fox the quick brown Please repeat string Sure is Input Output Question Answer " +
  "What does mean respond with exactly this Of course Here repeated can you house tree river stone " +
  "light paper green seven garden window music letter winter bridge summer silver copper island market " +
  "teacher doctor engine bottle button camera candle carpet castle cheese circle coffee corner cotton " +
  "desert dinner dragon flower forest friend guitar hammer harbour kitchen ladder lesson mirror monkey";

/**
 * Control ids 0 to 2, the 256 bytes, printable ASCII, quotes and arrows, words with and without their
 * leading space, then one piece each that is unused, undecodable (half a character) and unreachable (a copy).
 */
export function toyVocabulary(): ScriptedToken[] {
  const words = WORDS.split(" ");
  const ascii = Array.from({ length: 95 }, (_, i) => String.fromCharCode(0x20 + i));
  return [
    { text: "<unk>", kind: "unknown" },
    { text: "<s>", kind: "control" },
    { text: "</s>", kind: "control" },
    ...Array.from({ length: 256 }, (_, byte): ScriptedToken => {
      const name = byte.toString(16).toUpperCase().padStart(2, "0");
      return { text: `<0x${name}>`, kind: "byte", bytes: Uint8Array.of(byte) };
    }),
    ...[...ascii, "\n", "«", "»", "→", " ="].map((text) => ({ text })),
    ...words.map((word) => ({ text: ` ${word}` })),
    ...words.slice(0, 40).map((text) => ({ text })),
    { text: "<unused0>", kind: "unused" },
    { text: "\u{fffd}", bytes: Uint8Array.of(0xe2, 0x86) },
    { text: " cat" },
  ];
}

/** Tokenizer half of a scripted model. */
export interface ScriptedTokenizer {
  tokenize(text: string, options?: TokenizeOptions): number[];
  bytes(id: number): Uint8Array;
}

const NO_BYTES = new Uint8Array(0);

/** Builds the longest-match tokenizer; of two equal pieces the lower id wins. */
export function createScriptedTokenizer(
  tokens: readonly ScriptedToken[],
  bos: number | undefined,
): ScriptedTokenizer {
  const encoder = new TextEncoder();
  const pieces = new Map<string, number>();
  const controls = new Map<string, number>();
  const byteIds = new Map<number, number>();
  let longest = 1;
  const isTypable = (kind: TokenKind) => kind === "normal" || kind === "user";
  tokens.forEach(({ text, kind = "normal", bytes }, id) => {
    if (kind === "control") controls.set(text, id);
    if (kind === "byte" && bytes) byteIds.set(bytes[0]!, id);
    if (!isTypable(kind) || bytes || text === "" || pieces.has(text)) return;
    pieces.set(text, id);
    longest = Math.max(longest, text.length);
  });
  const tokenBytes = tokens.map(({ text, kind = "normal", bytes }) => {
    if (bytes) return bytes;
    return isTypable(kind) ? encoder.encode(text) : NO_BYTES;
  });

  const pushText = (text: string, ids: number[]) => {
    for (let at = 0; at < text.length; ) {
      let length = Math.min(longest, text.length - at);
      while (length > 0 && !pieces.has(text.slice(at, at + length))) length--;
      if (length > 0) {
        ids.push(pieces.get(text.slice(at, at + length))!);
        at += length;
        continue;
      }
      const character = String.fromCodePoint(text.codePointAt(at)!);
      for (const byte of encoder.encode(character)) ids.push(byteIds.get(byte) ?? 0);
      at += character.length;
    }
  };
  /** Cuts at control texts; odd positions of the result are controls. */
  const fragments = (text: string, special: boolean) => {
    if (!special || controls.size === 0) return [text];
    const names = [...controls.keys()].sort((a, b) => b.length - a.length);
    const escaped = names.map((name) => name.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&"));
    return text.split(new RegExp(`(${escaped.join("|")})`));
  };

  return {
    bytes: (id) => tokenBytes[id] ?? NO_BYTES,
    tokenize(text, { bos: addBos = false, special = false, continuation = false } = {}) {
      const ids: number[] = addBos && bos !== undefined ? [bos] : [];
      fragments(text, special).forEach((fragment, index) => {
        if (index % 2 === 1) ids.push(controls.get(fragment)!);
        // As in llama.cpp: raw text gets its space at the beginning and after a control token.
        else if (fragment !== "") pushText(continuation && index === 0 ? fragment : ` ${fragment}`, ids);
      });
      return ids;
    },
  };
}
