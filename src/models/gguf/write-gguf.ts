/** Writes GGUF version 3, streaming: tensors may be larger than memory, or holes that take no disk at all. */

import { type FileHandle, open } from "node:fs/promises";
import { AppError } from "../../errors.ts";
import { writeOutputFile } from "../output-file.ts";
import { GGML_TYPES, type GgmlTypeName, tensorBytes } from "./ggml-types.ts";
import { ARRAY_OF, bytesAt, type GgufValue, type Metadata, VALUE_TYPES } from "./metadata.ts";
import { DEFAULT_ALIGNMENT, MAX_NAME_BYTES } from "./parse-header.ts";

/** The bytes of a tensor: at once, piece by piece, or "hole": zeros that a sparse file does not store. */
export type TensorData = Uint8Array | (() => Iterable<Uint8Array> | AsyncIterable<Uint8Array>) | "hole";

export interface TensorToWrite {
  readonly name: string;
  readonly type: GgmlTypeName;
  /** ggml order: shape[0] is the length of a row. */
  readonly shape: readonly number[];
  readonly data: TensorData;
}

export interface GgufToWrite {
  readonly path: string;
  /** Written in this order; general.alignment sets the alignment. */
  readonly metadata: Metadata | Iterable<readonly [string, GgufValue]>;
  readonly tensors: readonly TensorToWrite[];
  /** Bytes of data written so far and in all. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

const VERSION = 3;
const encoder = new TextEncoder();

/**
 * Writes a GGUF file, complete or not at all.
 * @returns its size in bytes
 * @throws DISK_FULL; USAGE for a name, shape or amount of data that the format cannot hold
 */
export async function writeGguf({ path, metadata, tensors, onProgress }: GgufToWrite): Promise<number> {
  const entries = new Map(metadata);
  const alignment = Number(entries.get("general.alignment")?.value ?? DEFAULT_ALIGNMENT);
  const pad = (size: number) => Math.ceil(size / alignment) * alignment;
  const sizes = tensors.map(checkedSize);
  const header = encodeHeader(entries, tensors, sizes.map(pad));
  const dataOffset = pad(header.length);
  const total = sizes.reduce((sum, size) => sum + pad(size), 0);
  const stored = sizes.reduce((sum, size, index) => sum + (tensors[index]?.data === "hole" ? 0 : size), 0);

  await writeOutputFile(path, { expectedBytes: dataOffset + stored }, async (temporary) => {
    const file = await open(temporary, "w");
    try {
      await writeAll(file, header, 0);
      let offset = dataOffset;
      for (const [index, tensor] of tensors.entries()) {
        await writeTensor(file, tensor, offset, sizes[index]!, (done) =>
          onProgress?.(offset - dataOffset + done, total),
        );
        offset += pad(sizes[index]!);
      }
      // The padding behind the last tensor belongs to the file, as in llama.cpp's own.
      await file.truncate(dataOffset + total);
    } finally {
      await file.close();
    }
  });
  return dataOffset + total;
}

function checkedSize({ name, type, shape }: TensorToWrite): number {
  const size = tensorBytes(type, shape);
  const nameBytes = encoder.encode(name).length;
  if (Number.isSafeInteger(size) && size > 0 && nameBytes <= MAX_NAME_BYTES) return size;
  throw new AppError("USAGE", `A tensor "${name}" of type ${type} and shape [${shape}] cannot be written.`, {
    hint: `Rows must be multiples of ${GGML_TYPES[type].blockWeights}, names at most ${MAX_NAME_BYTES} bytes.`,
  });
}

async function writeTensor(
  file: FileHandle,
  { name, data }: TensorToWrite,
  offset: number,
  size: number,
  onProgress: (done: number) => void,
): Promise<void> {
  if (data === "hole") return;
  let done = 0;
  for await (const chunk of data instanceof Uint8Array ? [data] : data()) {
    if (done + chunk.length > size) break;
    await writeAll(file, chunk, offset + done);
    done += chunk.length;
    onProgress(done);
  }
  if (done !== size)
    throw new AppError("USAGE", `The data of "${name}" are not the ${size} bytes its shape asks for.`);
}

/** One write() stores at most 2 GiB, and less when it likes. */
async function writeAll(file: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesWritten } = await file.write(
      bytes,
      done,
      Math.min(bytes.length - done, 2 ** 30),
      position + done,
    );
    done += bytesWritten;
  }
}

function encodeHeader(
  metadata: ReadonlyMap<string, GgufValue>,
  tensors: readonly TensorToWrite[],
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
