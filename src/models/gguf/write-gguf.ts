/** Writes GGUF version 3, streaming: tensors may be larger than memory, or holes that take no disk at all. */

import { type FileHandle, open } from "node:fs/promises";
import { AppError } from "../../errors.ts";
import { writeOutputFile } from "../output-file.ts";
import { type GgufLayout, layOutGguf, type TensorToPlace } from "./lay-out-gguf.ts";
import type { GgufValue, Metadata } from "./metadata.ts";

/** The bytes of a tensor: at once, piece by piece, or "hole": zeros that a sparse file does not store. */
export type TensorData = Uint8Array | (() => Iterable<Uint8Array> | AsyncIterable<Uint8Array>) | "hole";

export interface TensorToWrite extends TensorToPlace {
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

/**
 * Writes a GGUF file, complete or not at all.
 * @returns its size in bytes
 * @throws DISK_FULL; USAGE for a name, shape or amount of data that the format cannot hold
 */
export async function writeGguf({ path, metadata, tensors, onProgress }: GgufToWrite): Promise<number> {
  const layout = layOutGguf(metadata, tensors);
  const stored = layout.places.reduce(
    (sum, { sizeBytes }, index) => sum + (tensors[index]!.data === "hole" ? 0 : sizeBytes),
    layout.dataOffset,
  );
  await writeOutputFile(path, { expectedBytes: stored }, (temporary) =>
    fillGguf(temporary, layout, tensors, onProgress),
  );
  return layout.fileSize;
}

/**
 * Writes header and tensors under the name given; whoever calls sees to it that no half file stays.
 * A tensor's data are written when its iterator ends.
 * @throws USAGE for data of another size than the layout's
 */
export async function fillGguf(
  path: string,
  { header, dataOffset, places, fileSize }: GgufLayout,
  tensors: readonly TensorToWrite[],
  onProgress?: GgufToWrite["onProgress"],
): Promise<void> {
  const file = await open(path, "w");
  try {
    await writeAll(file, header, 0);
    for (const [index, tensor] of tensors.entries()) {
      const { offset, sizeBytes } = places[index]!;
      await writeTensor(file, tensor, offset, sizeBytes, (done) =>
        onProgress?.(offset - dataOffset + done, fileSize - dataOffset),
      );
    }
    await file.truncate(fileSize);
  } finally {
    await file.close();
  }
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
