/** Hashes of regions of a file, made on a thread of their own while the file is still being written further on. */

import { Worker } from "node:worker_threads";
import { AppError } from "../../errors.ts";

export interface TargetHashes {
  /** SHA-256, hex, of `sizeBytes` bytes from `offset`, read from the file; calls are answered in their order. */
  hash(offset: number, sizeBytes: number): Promise<string>;
  close(): Promise<void>;
}

// As text, because a file of its own would have to be TypeScript here and JavaScript once built.
const PROGRAM = `
  const { parentPort, workerData } = require("node:worker_threads");
  const { createHash } = require("node:crypto");
  const { openSync, readSync } = require("node:fs");
  const file = openSync(workerData.path, "r");
  const buffer = new Uint8Array(workerData.chunkBytes);
  parentPort.on("message", ({ offset, sizeBytes }) => {
    const hash = createHash("sha256");
    let done = 0;
    while (done < sizeBytes) {
      const read = readSync(file, buffer, 0, Math.min(buffer.length, sizeBytes - done), offset + done);
      if (read === 0) break;
      hash.update(buffer.subarray(0, read));
      done += read;
    }
    parentPort.postMessage(hash.digest("hex"));
  });
`;

/** Fits the second-level cache of today's processors, so that hashing does not wait for memory. */
const CHUNK_BYTES = 2 ** 18;

/** Opens a file for hashing; close it whatever happens. */
export function hashTarget(path: string): TargetHashes {
  const worker = new Worker(PROGRAM, { eval: true, workerData: { path, chunkBytes: CHUNK_BYTES } });
  const waiting: { resolve: (digest: string) => void; reject: (error: unknown) => void }[] = [];
  let failure: unknown;
  worker.on("message", (digest: string) => waiting.shift()?.resolve(digest));
  const giveUp = (reason: string, cause?: unknown) => {
    failure ??= new AppError("DATA_UNAVAILABLE", `${path} cannot be read back: ${reason}.`, {
      hint: "The disk or the memory of this machine is faulty or full: try another disk.",
      cause,
    });
    for (const { reject } of waiting.splice(0)) reject(failure);
  };
  worker.on("error", (cause: Error) => giveUp(cause.message, cause));
  // Whoever still waits must not wait for ever.
  worker.on("exit", () => giveUp("the thread that reads it ended"));
  return {
    hash: (offset, sizeBytes) =>
      new Promise((resolve, reject) => {
        if (failure !== undefined) return reject(failure);
        waiting.push({ resolve, reject });
        worker.postMessage({ offset, sizeBytes });
      }),
    async close() {
      await worker.terminate();
    },
  };
}
