/** Feeds a fixed sample of a file to a hash, so that files of any size have a fingerprint in bounded time. */

import type { Hash } from "node:crypto";
import type { FileHandle } from "node:fs/promises";

/** The sample: this many windows at equal distances, the first at the start and the last at the end … */
export const SAMPLE_WINDOWS = 64;
/** … of this many bytes each. A region of up to 64 MiB is read whole. */
export const WINDOW_BYTES = 2 ** 20;

/** Hashes the sample of the bytes from `start` to `end`. */
export async function hashSample(hash: Hash, file: FileHandle, start: number, end: number): Promise<void> {
  const length = end - start;
  const isWhole = length <= SAMPLE_WINDOWS * WINDOW_BYTES;
  const windows = isWhole ? Math.ceil(length / WINDOW_BYTES) : SAMPLE_WINDOWS;
  const buffer = new Uint8Array(WINDOW_BYTES);
  for (let index = 0; index < windows; index++) {
    const from = isWhole
      ? start + index * WINDOW_BYTES
      : start + Math.floor((index * (length - WINDOW_BYTES)) / (SAMPLE_WINDOWS - 1));
    let at = from;
    const to = Math.min(from + WINDOW_BYTES, end);
    while (at < to) {
      const { bytesRead } = await file.read(buffer, 0, to - at, at);
      if (bytesRead === 0) return;
      hash.update(buffer.subarray(0, bytesRead));
      at += bytesRead;
    }
  }
}
