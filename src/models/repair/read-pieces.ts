/** Tensors of the old file as chunks for the new one; every piece is hashed as it passes. */

import { createHash } from "node:crypto";
import { type FileHandle, open } from "node:fs/promises";
import { setImmediate as nextTurn } from "node:timers/promises";
import { AppError } from "../../errors.ts";
import type { Gguf, GgufTensor } from "../gguf/gguf.ts";
import { throwIfAborted } from "../throw-if-aborted.ts";

export interface PieceReader {
  /**
   * The bytes of the pieces, one behind the other; a chunk is overwritten after the next was asked for.
   * @param onHash told SHA-256, hex, of each piece
   * @throws MODEL_INVALID if the file became shorter; CANCELLED
   */
  read(
    pieces: readonly GgufTensor[],
    onHash: (piece: GgufTensor, digest: string) => void,
  ): AsyncGenerator<Uint8Array, void, undefined>;
  close(): Promise<void>;
}

/** Large enough that calls cost nothing, small enough to be hashed while still in the cache. */
const CHUNK_BYTES = 2 ** 19;
/** One is written, one hashed, one read. */
const SLOTS = 3;

interface Chunk {
  readonly piece: GgufTensor;
  readonly from: number;
  readonly length: number;
}

/** Opens all shards of a model; close the reader whatever happens. */
export async function openPieces(source: Gguf, signal?: AbortSignal): Promise<PieceReader> {
  const files: FileHandle[] = [];
  const close = async () => {
    for (const file of files) await file.close();
  };
  try {
    for (const { path } of source.shards) files.push(await open(path, "r"));
  } catch (cause) {
    await close();
    throw new AppError("MODEL_INVALID", `${source.path} cannot be read: ${(cause as Error).message}.`, {
      hint: "Check the permissions of the file and of its folder.",
      cause,
    });
  }
  const buffers = Array.from({ length: SLOTS }, () => new Uint8Array(CHUNK_BYTES));

  return {
    async *read(pieces, onHash) {
      const chunks = chunksOf(pieces);
      let slot = 0;
      let hash = createHash("sha256");
      const read = () => {
        const { value: chunk } = chunks.next();
        return chunk && readChunk(files, chunk, buffers[slot++ % SLOTS]!, source);
      };
      // While the caller writes a chunk, the next one is hashed and the one behind it is read.
      let coming = read();
      const load = async (): Promise<Uint8Array | undefined> => {
        throwIfAborted(signal);
        const loaded = await coming;
        if (!loaded) return undefined;
        coming = settled(read());
        // Hashing holds the thread: the chunk before must be on its way to the disk first.
        await nextTurn();
        const { piece, bytes, isLast } = loaded;
        hash.update(bytes);
        if (isLast) {
          onHash(piece, hash.digest("hex"));
          hash = createHash("sha256");
        }
        return bytes;
      };
      let next = load();
      try {
        for (;;) {
          const bytes = await next;
          if (!bytes) return;
          next = settled(load());
          yield bytes;
        }
      } finally {
        // Whoever breaks off must not have the file closed under a read.
        await next.catch(() => undefined);
        await coming?.catch(() => undefined);
      }
    },
    close,
  };
}

/** Awaited a round later; until then its failure must not count as unhandled. */
function settled<T extends Promise<unknown> | undefined>(promise: T): T {
  promise?.catch(() => undefined);
  return promise;
}

function* chunksOf(pieces: readonly GgufTensor[]): Generator<Chunk, undefined> {
  for (const piece of pieces)
    for (let from = 0; from < piece.sizeBytes; from += CHUNK_BYTES)
      yield { piece, from, length: Math.min(CHUNK_BYTES, piece.sizeBytes - from) };
}

async function readChunk(
  files: readonly FileHandle[],
  { piece, from, length }: Chunk,
  buffer: Uint8Array,
  source: Gguf,
) {
  const bytes = buffer.subarray(0, length);
  const start = piece.offset + from;
  for (let done = 0; done < length; ) {
    const { bytesRead } = await files[piece.shard]!.read(bytes, done, length - done, start + done);
    if (bytesRead === 0)
      throw new AppError("MODEL_INVALID", `${source.path} ended at byte ${start + done} while it was read.`, {
        hint: "The file changed or is truncated: download it again.",
      });
    done += bytesRead;
  }
  return { piece, bytes, isLast: from + length === piece.sizeBytes };
}
