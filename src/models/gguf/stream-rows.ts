/** Rows of a tensor as floats, streamed: two buffers of bounded size, whatever the size of the matrix. */

import { type FileHandle, open } from "node:fs/promises";
import { AppError } from "../../errors.ts";
import { type LlamaLibrary, rowDecoder } from "../../llama/index.ts";
import { throwIfAborted } from "../throw-if-aborted.ts";
import { countWeights, GGML_TYPES } from "./ggml-types.ts";
import { findTensor, type Gguf } from "./gguf.ts";

export interface RowChunk {
  /** Index of the first row. */
  readonly first: number;
  readonly rows: number;
  readonly columns: number;
  /** [rows, columns]; overwritten after the next chunk was asked for. */
  readonly data: Float32Array;
}

export interface StreamRowsOptions {
  /** @default as many as make 4 Mi weights */
  rowsPerChunk?: number;
  signal?: AbortSignal | undefined;
}

/** 16 MiB of floats: large enough that calls cost nothing, small enough to stay near the cache. */
const CHUNK_WEIGHTS = 4 * 2 ** 20;

/**
 * Streams the rows of a tensor, dequantised; a tensor of three dimensions is one matrix below the other.
 * While the caller works on a chunk the next one is read and decoded on a worker thread.
 * Memory: two chunks of floats and their blocks, about 45 MiB by default.
 * @throws MODEL_INVALID if the model lacks the tensor, UNSUPPORTED if its type cannot become floats
 *
 * @example
 * for await (const { first, rows, columns, data } of streamRows(library, gguf, "token_embd.weight")) { … }
 */
export async function* streamRows(
  library: LlamaLibrary,
  gguf: Gguf,
  tensorName: string,
  options: StreamRowsOptions = {},
): AsyncGenerator<RowChunk, void, undefined> {
  const tensor = findTensor(gguf, tensorName);
  if (!tensor)
    throw new AppError("MODEL_INVALID", `${gguf.path} has no tensor "${tensorName}".`, {
      hint: "The file is not a complete language model.",
    });
  const { id, blockWeights, blockBytes } = GGML_TYPES[tensor.type];
  const columns = tensor.shape[0] ?? 1;
  const allRows = countWeights(tensor.shape) / columns;
  const rowBytes = (columns / blockWeights) * blockBytes;
  const rowsPerChunk = Math.min(
    allRows,
    options.rowsPerChunk ?? Math.max(1, Math.floor(CHUNK_WEIGHTS / columns)),
  );
  const decoder = rowDecoder(library, id);
  const file = await open(gguf.shards[tensor.shard]!.path, "r");
  const slots = [0, 1].map(() => ({
    bytes: new Uint8Array(rowsPerChunk * rowBytes),
    floats: new Float32Array(rowsPerChunk * columns),
  }));

  const load = async (index: number): Promise<RowChunk | undefined> => {
    const first = index * rowsPerChunk;
    const rows = Math.min(rowsPerChunk, allRows - first);
    if (rows <= 0) return undefined;
    const { bytes, floats } = slots[index % 2]!;
    const blocks = bytes.subarray(0, rows * rowBytes);
    await readExactly(file, blocks, tensor.offset + first * rowBytes, gguf.path);
    const data = floats.subarray(0, rows * columns);
    await decoder.decode(blocks, data);
    return { first, rows, columns, data };
  };

  let next = load(0);
  try {
    for (let index = 1; ; index++) {
      throwIfAborted(options.signal);
      const chunk = await next;
      if (!chunk) return;
      next = load(index);
      // Awaited in the next round; until then its failure must not count as unhandled.
      next.catch(() => undefined);
      yield chunk;
    }
  } finally {
    // A caller that breaks off must not close the file under a read, nor free buffers under the decoder.
    await next.catch(() => undefined);
    await file.close();
  }
}

async function readExactly(
  file: FileHandle,
  into: Uint8Array,
  position: number,
  path: string,
): Promise<void> {
  let done = 0;
  while (done < into.length) {
    const { bytesRead } = await file.read(into, done, into.length - done, position + done);
    if (bytesRead === 0)
      throw new AppError("MODEL_INVALID", `${path} ended at byte ${position + done} while it was read.`, {
        hint: "The file changed or is truncated: check or download it again.",
      });
    done += bytesRead;
  }
}
