/**
 * Reads the fields of a GGUF header one after the other. The file is hostile until shown otherwise: every
 * length and count is compared with what the file can hold before anything of that size is allocated
 * (CWE-770, CWE-789). Typed arrays read the file's little-endian numbers as they are: no platform that the
 * pinned llama.cpp packages support has another byte order.
 */

import { AppError } from "../../errors.ts";
import type { FixedType, StringList } from "./metadata.ts";
import { ARRAY_OF, ELEMENT_BYTES, type NumberArray } from "./metadata.ts";

/**
 * No header is larger: vocabularies of 260,000 tokens with their merges make 20 MB, legacy expert tables of
 * the largest models 10 MB. A file that claims more wants our memory.
 */
export const MAX_HEADER_BYTES = 128 * 2 ** 20;

/** Thrown when the header goes on behind the bytes read so far; the reader reads more and starts again. */
export class HeaderIncomplete extends Error {
  /** Bytes of the file that are needed to go on. */
  readonly needed: number;

  constructor(needed: number) {
    super(`${needed} bytes of the header are needed`);
    this.needed = needed;
  }
}

/** Parts of a file in the order in which one explains the next; errors name theirs in `details.section`. */
export const GGUF_SECTIONS = ["header", "metadata", "tensors", "sizes", "shards"] as const;
export type GgufSection = (typeof GGUF_SECTIONS)[number];

export interface HeaderCursor {
  /** Says which part is read from here on. */
  enter(section: GgufSection): void;
  position(): number;
  uint32(what: string): number;
  /** A 64-bit count or size; refused above 2^53. */
  size(what: string): number;
  /** A fixed-size value of any type; 64-bit integers as bigint, booleans as number. */
  fixed(type: FixedType, what: string): number | bigint;
  text(maxBytes: number, what: string): string;
  numbers(type: FixedType, count: number, what: string): NumberArray;
  strings(count: number, what: string): StringList;
  /** Checks that `count` items of at least `bytes` each can still follow. */
  claim(count: number, bytes: number, what: string): void;
  /** The error for anything wrong at this place. */
  invalid(problem: string, hint?: string): AppError;
}

const LENGTH_BYTES = 8;
const strictUtf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const lenientUtf8 = new TextDecoder("utf-8", { ignoreBOM: true });

/**
 * Creates a cursor at the start of `bytes`, the beginning of a file of `fileSize` bytes.
 * Its methods throw MODEL_INVALID, or HeaderIncomplete where the file has more than `bytes`.
 */
export function createHeaderCursor(bytes: Uint8Array, fileSize: number, path: string): HeaderCursor {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  let section: GgufSection = "header";

  const invalid = (problem: string, hint?: string, isTruncated = false) =>
    new AppError("MODEL_INVALID", `${path} is damaged: ${problem} (at byte ${at}).`, {
      hint: hint ?? "Download or convert the file again.",
      details: { path, offset: at, fileSize, section, isTruncated },
    });

  const claim = (count: number, size: number, what: string) => {
    const end = at + count * size;
    if (end > fileSize)
      throw invalid(
        `the file ends at byte ${fileSize}, but ${what} needs ${end}`,
        "The file is truncated: download it again.",
        true,
      );
    if (end > MAX_HEADER_BYTES) throw invalid(`${what} would make a header of ${end} bytes`);
    if (end > bytes.length) throw new HeaderIncomplete(end);
  };

  const advance = (size: number, what: string) => {
    claim(1, size, what);
    at += size;
    return at - size;
  };

  const size = (what: string) => {
    const value = view.getBigUint64(advance(8, what), true);
    if (value <= BigInt(Number.MAX_SAFE_INTEGER)) return Number(value);
    at -= 8;
    throw invalid(`${what} is ${value}`);
  };

  return {
    enter(next) {
      section = next;
    },
    position: () => at,
    uint32: (what) => view.getUint32(advance(4, what), true),
    size,
    invalid: (problem, hint) => invalid(problem, hint),
    claim,
    fixed(type, what) {
      const start = advance(ELEMENT_BYTES[type], what);
      return new ARRAY_OF[type](bytes.slice(start, at).buffer)[0]!;
    },
    text(maxBytes, what) {
      const length = size(`the length of ${what}`);
      if (length > maxBytes) throw invalid(`${what} has ${length} bytes, more than ${maxBytes}`);
      const start = advance(length, what);
      const slice = bytes.subarray(start, at);
      try {
        return strictUtf8.decode(slice);
      } catch {
        // A wrong byte in a licence text is no reason to refuse a model; names are compared, not trusted.
        return lenientUtf8.decode(slice);
      }
    },
    numbers(type, count, what) {
      claim(count, ELEMENT_BYTES[type], what);
      const length = count * ELEMENT_BYTES[type];
      const start = advance(length, what);
      // Copied: the header's buffer is let go, and typed arrays must begin at multiples of their element.
      return new ARRAY_OF[type](bytes.slice(start, start + length).buffer);
    },
    strings(count, what) {
      claim(count, LENGTH_BYTES, what);
      const start = at;
      const ends = new Uint32Array(count);
      let total = 0;
      for (let index = 0; index < count; index++) {
        const length = size(`the length of ${what}[${index}]`);
        advance(length, `${what}[${index}]`);
        total += length;
        ends[index] = total;
      }
      const packed = new Uint8Array(total);
      for (let index = 0, from = start, to = 0; index < count; index++) {
        const length = ends[index]! - to;
        packed.set(bytes.subarray(from + LENGTH_BYTES, from + LENGTH_BYTES + length), to);
        from += LENGTH_BYTES + length;
        to += length;
      }
      return { bytes: packed, ends };
    },
  };
}
