/** Header, metadata and tensor table of a GGUF file to be written (version 3), and where each tensor will lie. */

import { AppError } from "../../errors.ts";
import { GGML_TYPES, type GgmlTypeName, tensorBytes } from "./ggml-types.ts";
import { ARRAY_OF, bytesAt, type GgufValue, type Metadata, VALUE_TYPES } from "./metadata.ts";
import { DEFAULT_ALIGNMENT, MAX_NAME_BYTES } from "./parse-header.ts";

export interface TensorToPlace {
  readonly name: string;
  readonly type: GgmlTypeName;
  /** ggml order: shape[0] is the length of a row. */
  readonly shape: readonly number[];
}

export interface GgufLayout {
  /** The file's first bytes; zeros fill up to `dataOffset`. */
  readonly header: Uint8Array;
  readonly dataOffset: number;
  /** Of each tensor, in the order given: its first byte in the file and its size without padding. */
  readonly places: readonly { readonly offset: number; readonly sizeBytes: number }[];
  readonly fileSize: number;
}

const VERSION = 3;
const encoder = new TextEncoder();

/**
 * Lays a file out without writing anything.
 * @param metadata written in this order; general.alignment sets the alignment
 * @throws USAGE for a name or shape that the format cannot hold
 */
export function layOutGguf(
  metadata: Metadata | Iterable<readonly [string, GgufValue]>,
  tensors: readonly TensorToPlace[],
): GgufLayout {
  const entries = new Map(metadata);
  const alignment = Number(entries.get("general.alignment")?.value ?? DEFAULT_ALIGNMENT);
  const pad = (size: number) => Math.ceil(size / alignment) * alignment;
  const sizes = tensors.map(checkedSize);
  const header = encodeHeader(entries, tensors, sizes.map(pad));
  const dataOffset = pad(header.length);
  let offset = dataOffset;
  const places = sizes.map((sizeBytes) => {
    const place = { offset, sizeBytes };
    offset += pad(sizeBytes);
    return place;
  });
  // The padding behind the last tensor belongs to the file, as in llama.cpp's own.
  return { header, dataOffset, places, fileSize: offset };
}

function checkedSize({ name, type, shape }: TensorToPlace): number {
  const size = tensorBytes(type, shape);
  const nameBytes = encoder.encode(name).length;
  if (Number.isSafeInteger(size) && size > 0 && nameBytes <= MAX_NAME_BYTES) return size;
  throw new AppError("USAGE", `A tensor "${name}" of type ${type} and shape [${shape}] cannot be written.`, {
    hint: `Rows must be multiples of ${GGML_TYPES[type].blockWeights}, names at most ${MAX_NAME_BYTES} bytes.`,
  });
}

function encodeHeader(
  metadata: ReadonlyMap<string, GgufValue>,
  tensors: readonly TensorToPlace[],
  paddedSizes: readonly number[],
): Uint8Array {
  const parts: Uint8Array[] = [
    encoder.encode("GGUF"),
    uint32(VERSION),
    uint64(tensors.length),
    uint64(metadata.size),
  ];
  for (const [key, value] of metadata) parts.push(text(key), ...encodeValue(value));
  let offset = 0;
  tensors.forEach(({ name, type, shape }, index) => {
    parts.push(
      text(name),
      uint32(shape.length),
      ...shape.map(uint64),
      uint32(GGML_TYPES[type].id),
      uint64(offset),
    );
    offset += paddedSizes[index]!;
  });
  return Buffer.concat(parts);
}

function encodeValue(value: GgufValue): Uint8Array[] {
  if (value.type === "string") return [uint32(VALUE_TYPES.string), text(value.value)];
  if (value.type !== "array") return [uint32(VALUE_TYPES[value.type]), encodeFixed(value)];
  const head = [uint32(VALUE_TYPES.array), uint32(VALUE_TYPES[value.of])];
  if (value.of !== "string") {
    const { buffer, byteOffset, byteLength, length } = value.value;
    return [...head, uint64(length), new Uint8Array(buffer, byteOffset, byteLength)];
  }
  const list = value.value;
  return [
    ...head,
    uint64(list.ends.length),
    ...Array.from(list.ends, (_, index) => text(bytesAt(list, index))),
  ];
}

/** In the byte order of the machine, which is the file's: see header-cursor.ts. */
function encodeFixed({ type, value }: Exclude<GgufValue, { type: "string" | "array" }>): Uint8Array {
  if (type === "uint64") return new Uint8Array(BigUint64Array.of(value).buffer);
  if (type === "int64") return new Uint8Array(BigInt64Array.of(value).buffer);
  return new Uint8Array(ARRAY_OF[type].of(Number(value)).buffer);
}

function uint32(value: number): Uint8Array {
  return encodeFixed({ type: "uint32", value });
}

function uint64(value: number): Uint8Array {
  return encodeFixed({ type: "uint64", value: BigInt(value) });
}

function text(value: string | Uint8Array): Uint8Array {
  const bytes = typeof value === "string" ? encoder.encode(value) : value;
  return Buffer.concat([uint64(bytes.length), bytes]);
}
