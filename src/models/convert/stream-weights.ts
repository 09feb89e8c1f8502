/** The bytes of a planned tensor, part after part, in chunks of bounded size. */

import { open } from "node:fs/promises";
import { AppError } from "../../errors.ts";
import { throwIfAborted } from "../throw-if-aborted.ts";
import { convertFloats, FLOAT_BYTES, findNonFinite } from "./half-floats.ts";
import type { PlannedTensor } from "./plan-tensors.ts";
import type { SourceTensor } from "./safetensors.ts";

/** A multiple of any row's bytes is wanted, so this is an aim: at most one row more. */
const CHUNK_BYTES = 8 * 2 ** 20;

/**
 * Streams one tensor in the target's type and order of rows. Memory: three chunks.
 * @throws MODEL_INVALID for weights that are infinite or not numbers, CANCELLED
 */
export async function* streamWeights(
  tensor: PlannedTensor,
  signal?: AbortSignal,
): AsyncGenerator<Uint8Array> {
  for (const part of tensor.parts) {
    const rowBytes = FLOAT_BYTES[part.dtype] * (part.shape[1] ?? 1);
    // Heads are permuted whole; everything else may be cut at any row.
    const unitBytes = rowBytes * Math.max(1, tensor.interleavedRows);
    const chunkBytes = Math.max(1, Math.floor(CHUNK_BYTES / unitBytes)) * unitBytes;
    for await (const chunk of readPart(part, chunkBytes)) {
      throwIfAborted(signal);
      const weights =
        tensor.interleavedRows > 0 ? interleaveRows(chunk, tensor.interleavedRows, rowBytes) : chunk;
      const converted = convertFloats(weights, part.dtype, tensor.type);
      assertFinite(converted, tensor, part);
      yield converted;
    }
  }
}

async function* readPart(part: SourceTensor, chunkBytes: number): AsyncGenerator<Uint8Array> {
  const buffer = new Uint8Array(Math.min(chunkBytes, part.sizeBytes));
  const file = await open(part.path, "r");
  try {
    for (let done = 0; done < part.sizeBytes; ) {
      const length = Math.min(buffer.length, part.sizeBytes - done);
      let filled = 0;
      while (filled < length) {
        const { bytesRead } = await file.read(buffer, filled, length - filled, part.offset + done + filled);
        if (bytesRead === 0) throw new AppError("MODEL_INVALID", `${part.path} ended while it was read.`);
        filled += bytesRead;
      }
      yield buffer.subarray(0, length);
      done += length;
    }
  } finally {
    await file.close();
  }
}

/**
 * Rows of each head from [2, headDim / 2] to [headDim / 2, 2]: rotary embedding on neighbours instead of on
 * halves (LlamaModel.permute in llama.cpp's conversion/llama.py).
 * @param rows of one head
 */
export function interleaveRows(weights: Uint8Array, rows: number, rowBytes: number): Uint8Array {
  const out = new Uint8Array(weights.length);
  const half = rows / 2;
  for (let head = 0; head < weights.length; head += rows * rowBytes)
    for (let row = 0; row < rows; row++) {
      const source = head + ((row % 2) * half + (row >> 1)) * rowBytes;
      out.set(weights.subarray(source, source + rowBytes), head + row * rowBytes);
    }
  return out;
}

function assertFinite(weights: Uint8Array, { name, type }: PlannedTensor, part: SourceTensor): void {
  if (findNonFinite(weights, type) < 0) return;
  const isOverflow = type === "F16" && part.dtype !== "F16";
  throw new AppError(
    "MODEL_INVALID",
    `"${part.name}" (${name}) holds weights that are infinite or not numbers in ${type}.`,
    {
      hint: isOverflow
        ? "F16 ends at 65,504: convert to BF16 instead, or download the weights again."
        : "The weights are damaged: download them again.",
      details: { tensor: part.name, file: part.path },
    },
  );
}
