/** SHA-256 of a whole file, streamed. */

import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { throwIfAborted } from "../throw-if-aborted.ts";

export interface HashFileOptions {
  /** Told of every piece that was read, in bytes. */
  readonly onBytes?: ((bytes: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Hex, lower case. @throws AppError CANCELLED; the system's error */
export async function hashFile(path: string, { onBytes, signal }: HashFileOptions = {}): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(path, { highWaterMark: 2 ** 20 })) {
    throwIfAborted(signal);
    hash.update(chunk as Buffer);
    onBytes?.((chunk as Buffer).length);
  }
  return hash.digest("hex");
}
