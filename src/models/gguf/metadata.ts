/**
 * Metadata values of a GGUF file, typed as in the file. Vocabularies hold 32,000 strings and more, so arrays
 * stay compact: typed arrays for numbers, one buffer for strings.
 */

/** enum gguf_type of ggml/include/gguf.h: name -> number in the file. */
export const VALUE_TYPES = {
  uint8: 0,
  int8: 1,
  uint16: 2,
  int16: 3,
  uint32: 4,
  int32: 5,
  float32: 6,
  bool: 7,
  string: 8,
  array: 9,
  uint64: 10,
  int64: 11,
  float64: 12,
} as const;

/** Bytes of one element; strings and arrays have no fixed size. */
export const ELEMENT_BYTES = {
  uint8: 1,
  int8: 1,
  uint16: 2,
  int16: 2,
  uint32: 4,
  int32: 4,
  float32: 4,
  bool: 1,
  uint64: 8,
  int64: 8,
  float64: 8,
} as const;

export type FixedType = keyof typeof ELEMENT_BYTES;
export type NumberType = Exclude<FixedType, "bool" | "uint64" | "int64">;
export type ElementType = FixedType | "string";

/** How arrays of each type are held; booleans are 0 or 1. */
export const ARRAY_OF = {
  uint8: Uint8Array,
  int8: Int8Array,
  uint16: Uint16Array,
  int16: Int16Array,
  uint32: Uint32Array,
  int32: Int32Array,
  float32: Float32Array,
  bool: Uint8Array,
  uint64: BigUint64Array,
  int64: BigInt64Array,
  float64: Float64Array,
} as const;
export type NumberArray = InstanceType<(typeof ARRAY_OF)[FixedType]>;

/** Many byte strings in one buffer. Token texts need not be valid UTF-8, so the bytes are what counts. */
export interface StringList {
  readonly bytes: Uint8Array;
  /** String i is bytes[ends[i - 1] … ends[i]); the first begins at 0. */
  readonly ends: Uint32Array;
}

export type GgufValue =
  | { readonly type: NumberType; readonly value: number }
  | { readonly type: "uint64" | "int64"; readonly value: bigint }
  | { readonly type: "bool"; readonly value: boolean }
  | { readonly type: "string"; readonly value: string }
  | { readonly type: "array"; readonly of: "string"; readonly value: StringList }
  | { readonly type: "array"; readonly of: FixedType; readonly value: NumberArray };

export type Metadata = ReadonlyMap<string, GgufValue>;

// A token may be the byte order mark itself; the default would swallow it.
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
const encoder = new TextEncoder();

/** The bytes of string `index`. */
export function bytesAt(list: StringList, index: number): Uint8Array {
  return list.bytes.subarray(index === 0 ? 0 : list.ends[index - 1], list.ends[index]);
}

/** String `index` as text; bytes that are not UTF-8 become U+FFFD. */
export function stringAt(list: StringList, index: number): string {
  return decoder.decode(bytesAt(list, index));
}

/** Packs strings (or their bytes) into a list. */
export function stringList(strings: readonly (string | Uint8Array)[]): StringList {
  const parts = strings.map((item) => (typeof item === "string" ? encoder.encode(item) : item));
  const ends = new Uint32Array(parts.length);
  let end = 0;
  parts.forEach((part, index) => {
    end += part.length;
    ends[index] = end;
  });
  const bytes = new Uint8Array(end);
  parts.forEach((part, index) => {
    bytes.set(part, ends[index]! - part.length);
  });
  return { bytes, ends };
}

type WithMetadata = { readonly metadata: Metadata };

/** A number, whatever its width in the file; undefined if absent or not a number that doubles hold exactly. */
export function numberOf(gguf: WithMetadata, key: string): number | undefined {
  const value = gguf.metadata.get(key)?.value;
  const number = typeof value === "bigint" ? Number(value) : value;
  if (typeof number !== "number") return undefined;
  return typeof value === "bigint" && !Number.isSafeInteger(number) ? undefined : number;
}

/** A text; undefined if absent or not a string. */
export function textOf(gguf: WithMetadata, key: string): string | undefined {
  const found = gguf.metadata.get(key);
  return found?.type === "string" ? found.value : undefined;
}

/** A boolean; undefined if absent or not one. */
export function booleanOf(gguf: WithMetadata, key: string): boolean | undefined {
  const found = gguf.metadata.get(key);
  return found?.type === "bool" ? found.value : undefined;
}

/** An array of strings; undefined if absent or of another type. */
export function stringsOf(gguf: WithMetadata, key: string): StringList | undefined {
  const found = gguf.metadata.get(key);
  return found?.type === "array" && found.of === "string" ? found.value : undefined;
}

/** An array of numbers; undefined if absent or of another type. */
export function numbersOf(gguf: WithMetadata, key: string): NumberArray | undefined {
  const found = gguf.metadata.get(key);
  return found?.type === "array" && found.of !== "string" ? found.value : undefined;
}
