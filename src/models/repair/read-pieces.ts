/** Tensors of the old file as chunks for the new one; every piece is hashed as it passes. */

import { createHash } from "node:crypto";
import { type FileHandle, open } from "node:fs/promises";
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
const CHUNK_BYTES = 2 ** 20;

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
  const buffers = [new Uint8Array(CHUNK_BYTES), new Uint8Array(CHUNK_BYTES)];

  return {
    async *read(pieces, onHash) {
      let hash = createHash("sha256");
      // Reading and hashing the next chunk goes on while the caller writes this one.
      const load = async ({ piece, from, length }: Chunk, index: number) => {
        throwIfAborted(signal);
        const bytes = buffers[index % 2]!.subarray(0, length);
        await readExactly(files[piece.shard]!, bytes, piece.offset + from, source);
        hash.update(bytes);
        if (from + length === piece.sizeBytes) {
          onHash(piece, hash.digest("hex"));
          hash = createHash("sha256");
        }
        return bytes;
      };
      const chunks = chunksOf(pieces);
      let next: Promise<Uint8Array> | undefined;
      try {
        let index = 0;
        for (const chunk of chunks) {
          const now = await next;
          next = load(chunk, index++);
          // Awaited in the next round; until then its failure must not count as unhandled.
          next.catch(() => undefined);
          if (now) yield now;
        }
        if (next) yield await next;
      } finally {
        // Whoever breaks off must not have the file closed under a read.
        await next?.catch(() => undefined);
      }
    },
    close,
  };
}

function* chunksOf(pieces: readonly GgufTensor[]): Generator<Chunk> {
  for (const piece of pieces)
    for (let from = 0; from < piece.sizeBytes; from += CHUNK_BYTES)
      yield { piece, from, length: Math.min(CHUNK_BYTES, piece.sizeBytes - from) };
}

async function readExactly(
  file: FileHandle,
  into: Uint8Array,
  position: number,
  source: Gguf,
): Promise<void> {
  for (let done = 0; done < into.length; ) {
    const { bytesRead } = await file.read(into, done, into.length - done, position + done);
    if (bytesRead === 0)
      throw new AppError(
        "MODEL_INVALID",
        `${source.path} ended at byte ${position + done} while it was read.`,
        {
          hint: "The file changed or is truncated: download it again.",
        },
      );
    done += bytesRead;
  }
}
