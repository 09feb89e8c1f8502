/** Header, metadata and tensor table of one GGUF file, from its first bytes. Format: ggml/include/gguf.h. */

import { AppError } from "../../errors.ts";
import { visibleToken } from "../../visible-token.ts";
import { ggmlTypeName, tensorBytes } from "./ggml-types.ts";
import type { GgufTensor } from "./gguf.ts";
import { createHeaderCursor, type GgufSection, type HeaderCursor } from "./header-cursor.ts";
import { type ElementType, type FixedType, type GgufValue, VALUE_TYPES } from "./metadata.ts";

export interface GgufHeader {
  readonly version: number;
  readonly metadata: ReadonlyMap<string, GgufValue>;
  /** Offsets are positions in the file; `shard` is 0. */
  readonly tensors: readonly GgufTensor[];
  readonly alignment: number;
  readonly dataOffset: number;
}

const MAGIC = 0x46554747; // "GGUF", little-endian
const OLDEST_VERSION = 2;
const NEWEST_VERSION = 3;
export const DEFAULT_ALIGNMENT = 32;
/** Larger alignments only waste space; llama.cpp uses 32, page-aligned files 4096. */
const MAX_ALIGNMENT = 2 ** 20;
/** Keys are at most 65,535 bytes by the specification (docs/gguf.md). */
const MAX_KEY_BYTES = 65_535;
/** GGML_MAX_NAME is 64 with the closing zero, GGML_MAX_DIMS is 4. */
export const MAX_NAME_BYTES = 63;
const MAX_DIMENSIONS = 4;
/** The smallest entries that can be written: key and value, name, dimensions, type and offset. */
const MIN_PAIR_BYTES = 8 + 1 + 4 + 1;
const MIN_TENSOR_BYTES = 8 + 4 + 4 + 8;
/** Chat templates and licences are the longest single texts; the longest known are some 100 kB. */
const MAX_TEXT_BYTES = 16 * 2 ** 20;

const HEADER = { section: "header" satisfies GgufSection };

const TYPE_BY_ID = new Map<number, ElementType | "array">(
  Object.entries(VALUE_TYPES).map(([name, id]) => [id, name as ElementType | "array"]),
);

/**
 * Parses the beginning of a GGUF file.
 * @param bytes the file's first bytes; HeaderIncomplete says how many are needed when these do not do
 * @throws MODEL_INVALID with the offset and what is wrong or missing there
 */
export function parseHeader(bytes: Uint8Array, fileSize: number, path: string): GgufHeader {
  const cursor = createHeaderCursor(bytes, fileSize, path);
  const version = readVersion(cursor, path);
  const tensorCount = cursor.size("the number of tensors");
  const pairCount = cursor.size("the number of metadata entries");
  cursor.enter("metadata");
  cursor.claim(pairCount, MIN_PAIR_BYTES, `${pairCount} metadata entries`);
  const metadata = readMetadata(cursor, pairCount);
  const alignment = readAlignment(cursor, metadata);
  cursor.enter("tensors");
  cursor.claim(tensorCount, MIN_TENSOR_BYTES, `a table of ${tensorCount} tensors`);
  const table = Array.from({ length: tensorCount }, (_, index) => readTensor(cursor, index, alignment));
  const dataOffset = Math.ceil(cursor.position() / alignment) * alignment;
  const tensors = table.map((tensor) => ({ ...tensor, offset: dataOffset + tensor.offset }));
  checkPlaces(tensors, fileSize, path);
  return { version, metadata, tensors, alignment, dataOffset };
}

function readVersion(cursor: HeaderCursor, path: string): number {
  if (cursor.uint32("the magic number") !== MAGIC)
    throw new AppError("MODEL_INVALID", `${path} is not a GGUF file: it does not begin with "GGUF".`, {
      details: HEADER,
      hint: "Give a GGUF file or a Hugging Face folder; an HTML page here means that a download failed.",
    });
  const version = cursor.uint32("the version");
  // Version 3 in the other byte order reads as 0x03000000 (the same test as in ggml/src/gguf.cpp).
  if ((version & 0xffff) === 0)
    throw new AppError("MODEL_INVALID", `${path} is a big-endian GGUF file, which cannot be used here.`, {
      details: HEADER,
      hint: "Get the little-endian file, or convert the model again on this machine.",
    });
  if (version < OLDEST_VERSION)
    throw new AppError(
      "MODEL_INVALID",
      `${path} has GGUF version ${version}, which llama.cpp no longer reads.`,
      {
        details: HEADER,
        hint: "Get a file made after September 2023, or convert the model again.",
      },
    );
  if (version > NEWEST_VERSION)
    throw new AppError(
      "MODEL_INVALID",
      `${path} has GGUF version ${version}; ${NEWEST_VERSION} is the newest known here.`,
      {
        details: HEADER,
        hint: "Update Assay, or get a file of version 3.",
      },
    );
  return version;
}

function readMetadata(cursor: HeaderCursor, count: number): Map<string, GgufValue> {
  const metadata = new Map<string, GgufValue>();
  for (let index = 0; index < count; index++) {
    const key = cursor.text(MAX_KEY_BYTES, `the name of metadata entry ${index}`);
    if (key === "" || metadata.has(key))
      throw cursor.invalid(
        key === "" ? `metadata entry ${index} has no name` : `"${visibleToken(key)}" appears twice`,
      );
    // Names in messages could otherwise steer the terminal that shows them.
    metadata.set(key, readValue(cursor, visibleToken(key)));
  }
  return metadata;
}

function readValue(cursor: HeaderCursor, key: string): GgufValue {
  const type = readType(cursor, key);
  if (type === "array") {
    const of = readType(cursor, key);
    // llama.cpp refuses them too; nesting without end would overflow the stack.
    if (of === "array") throw cursor.invalid(`"${key}" is an array of arrays`);
    const count = cursor.size(`the length of "${key}"`);
    if (of === "string") return { type, of, value: cursor.strings(count, `"${key}"`) };
    return { type, of, value: cursor.numbers(of, count, `"${key}"`) };
  }
  if (type === "string") return { type, value: cursor.text(MAX_TEXT_BYTES, `"${key}"`) };
  return fixedValue(type, cursor.fixed(type, `"${key}"`));
}

function fixedValue(type: FixedType, value: number | bigint): GgufValue {
  if (type === "bool") return { type, value: value !== 0 };
  if (type === "uint64" || type === "int64") return { type, value: BigInt(value) };
  return { type, value: Number(value) };
}

function readType(cursor: HeaderCursor, key: string): ElementType | "array" {
  const id = cursor.uint32(`the type of "${key}"`);
  const type = TYPE_BY_ID.get(id);
  if (type === undefined) throw cursor.invalid(`"${key}" has the unknown type ${id}`);
  return type;
}

function readAlignment(cursor: HeaderCursor, metadata: ReadonlyMap<string, GgufValue>): number {
  const found = metadata.get("general.alignment");
  if (found === undefined) return DEFAULT_ALIGNMENT;
  const isPowerOfTwo =
    found.type === "uint32" &&
    found.value > 0 &&
    found.value <= MAX_ALIGNMENT &&
    Math.log2(found.value) % 1 === 0;
  if (!isPowerOfTwo) throw cursor.invalid("general.alignment is not a 32-bit power of two");
  return found.value;
}

/** One row of the tensor table; its offset is still relative to the data. */
function readTensor(cursor: HeaderCursor, index: number, alignment: number): GgufTensor {
  const name = cursor.text(MAX_NAME_BYTES, `the name of tensor ${index}`);
  const shown = visibleToken(name);
  const dimensions = cursor.uint32(`the dimensions of "${shown}"`);
  if (dimensions > MAX_DIMENSIONS) throw cursor.invalid(`tensor "${shown}" has ${dimensions} dimensions`);
  const shape = Array.from({ length: dimensions }, () => cursor.size(`the shape of "${shown}"`));
  if (shape.includes(0)) throw cursor.invalid(`tensor "${shown}" has the shape [${shape}]`);
  const id = cursor.uint32(`the type of "${shown}"`);
  const type = ggmlTypeName(id);
  if (type === undefined)
    throw cursor.invalid(
      `tensor "${shown}" has type ${id}, which llama.cpp v0.4.0 does not know`,
      "Get another quantisation.",
    );
  const sizeBytes = tensorBytes(type, shape);
  if (Number.isNaN(sizeBytes)) throw cursor.invalid(`the rows of "${shown}" are not whole ${type} blocks`);
  const offset = cursor.size(`the offset of "${shown}"`);
  if (offset % alignment !== 0)
    throw cursor.invalid(`tensor "${shown}" begins at ${offset}, no multiple of ${alignment}`);
  return { name, type, shape, offset, sizeBytes, shard: 0 };
}

/** Names are unique; tensors lie in the file, one behind the other. */
function checkPlaces(tensors: readonly GgufTensor[], fileSize: number, path: string): void {
  const damaged = (section: GgufSection, problem: string, hint: string, details: object) =>
    new AppError("MODEL_INVALID", `${path} is damaged: ${problem}.`, {
      hint,
      details: { path, fileSize, section, ...details },
    });
  const names = new Set<string>();
  for (const { name, offset } of tensors) {
    if (names.has(name))
      throw damaged(
        "tensors",
        `it has two tensors named "${visibleToken(name)}"`,
        "Convert the model again.",
        {
          tensor: name,
          offset,
        },
      );
    names.add(name);
  }
  const byOffset = tensors.toSorted((a, b) => a.offset - b.offset);
  const wanted = tensors.reduce((end, { offset, sizeBytes }) => Math.max(end, offset + sizeBytes), 0);
  byOffset.forEach(({ name, offset, sizeBytes }, index) => {
    const end = offset + sizeBytes;
    // Written so that a size beyond 2^53, where doubles lose exactness, is refused as well.
    if (!(end <= fileSize))
      throw damaged(
        "sizes",
        `the file ends at byte ${fileSize}, but tensor "${visibleToken(name)}" needs ${end}; ${wanted - fileSize} bytes are missing in all`,
        "The file is truncated: download it again.",
        { tensor: name, offset, sizeBytes, isTruncated: true, missing: wanted - fileSize },
      );
    const next = byOffset[index + 1];
    if (next && next.offset < end)
      throw damaged(
        "sizes",
        `tensors "${visibleToken(name)}" and "${visibleToken(next.name)}" overlap at byte ${next.offset}`,
        "Convert the model again.",
        { tensor: name, offset },
      );
  });
}
