/** Blocks of every tensor, drawn by seed: scales that are no numbers, and places that were never written. */

import { type FileHandle, open } from "node:fs/promises";
import { createRandom } from "../../random.ts";
import { visibleToken } from "../../visible-token.ts";
import { GGML_TYPES } from "../gguf/ggml-types.ts";
import type { Gguf, GgufTensor } from "../gguf/gguf.ts";
import { throwIfAborted } from "../throw-if-aborted.ts";
import { countBadBlocks, hasKnownScales } from "./block-scales.ts";
import { type Finding, fail, firstFew, ok, warn } from "./model-check.ts";

export interface ScalesOptions {
  /** @default 1 */
  readonly seed?: number | undefined;
  /** Tensors looked at and in all. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Of each tensor so many places, of so many bytes; a smaller tensor is read whole. */
const PLACES = 8;
const PLACE_BYTES = 8_192;

interface Sample {
  blocks: number;
  readonly bad: string[];
  places: number;
  /** Places that hold nothing but zeros, in matrices. */
  empty: number;
  readonly emptyTensors: Set<string>;
}

/** @throws CANCELLED; an error of the file system */
export async function checkScales(gguf: Gguf, options: ScalesOptions = {}): Promise<Finding> {
  const { seed = 1, onProgress, signal } = options;
  const random = createRandom(seed);
  const sample: Sample = { blocks: 0, bad: [], places: 0, empty: 0, emptyTensors: new Set() };
  const files: FileHandle[] = [];
  try {
    for (const { path } of gguf.shards) files.push(await open(path, "r"));
    for (const [index, tensor] of gguf.tensors.entries()) {
      throwIfAborted(signal);
      await lookAt(tensor, files[tensor.shard]!, random, sample);
      onProgress?.(index + 1, gguf.tensors.length);
    }
  } finally {
    for (const file of files) await file.close();
  }
  return judge(gguf, sample, seed);
}

async function lookAt(
  tensor: GgufTensor,
  file: FileHandle,
  random: () => number,
  sample: Sample,
): Promise<void> {
  const { name, type, shape, offset, sizeBytes } = tensor;
  const { blockBytes } = GGML_TYPES[type];
  const blocks = sizeBytes / blockBytes;
  const perPlace = Math.max(1, Math.floor(PLACE_BYTES / blockBytes));
  const isWhole = blocks <= PLACES * perPlace;
  let bad = 0;
  for (let place = 0; place < (isWhole ? Math.ceil(blocks / perPlace) : PLACES); place++) {
    const first = isWhole ? place * perPlace : Math.floor(random() * (blocks - perPlace + 1));
    const bytes = new Uint8Array(Math.min(perPlace, blocks - first) * blockBytes);
    const { bytesRead } = await file.read(bytes, 0, bytes.length, offset + first * blockBytes);
    const whole = bytes.subarray(0, bytesRead - (bytesRead % blockBytes));
    if (hasKnownScales(type)) {
      sample.blocks += whole.length / blockBytes;
      bad += countBadBlocks(type, blockBytes, whole);
    }
    // Rows of unused tokens may well be zero; biases and norms too.
    if (shape.length < 2 || !name.startsWith("blk.")) continue;
    sample.places++;
    if (whole.some((byte) => byte !== 0)) continue;
    sample.empty++;
    sample.emptyTensors.add(name);
  }
  if (bad > 0) sample.bad.push(`${visibleToken(name)} (${bad} blocks)`);
}

function judge(gguf: Gguf, { blocks, bad, places, empty, emptyTensors }: Sample, seed: number): Finding {
  const looked = `${blocks} blocks of ${gguf.tensors.length} tensors looked at, seed ${seed}`;
  const again = "The weights are damaged: pull or download the file again; --hash checks every byte.";
  if (bad.length > 0)
    return fail(
      `Scales that are NaN or infinite in ${bad.length} tensors: ${firstFew(bad)}; ${looked}.`,
      again,
    );
  const names = firstFew([...emptyTensors].map(visibleToken));
  if (places > 0 && empty === places)
    return fail(
      `All weights that were looked at are zero: the file was laid out but never filled; ${looked}.`,
      again,
    );
  if (empty > 0)
    return warn(
      `${empty} of ${places} places in matrices are all zeros, as if never written: ${names}; ${looked}.`,
      "A download that was cut may look like this: compare the hash (--hash) or pull the file again.",
    );
  return ok(`No scale is NaN or infinite, no stretch is empty; ${looked}`);
}
