/**
 * Reads the tensor tables of safetensors files: 8 bytes length, a JSON header, the data. Hostile input as
 * well: lengths are checked against the file before anything is allocated.
 * Format: huggingface/safetensors, README ("Format").
 */

import { type FileHandle, open } from "node:fs/promises";
import { basename, join } from "node:path";
import { AppError } from "../../errors.ts";
import { visibleToken } from "../../visible-token.ts";
import type { FloatType } from "./half-floats.ts";
import { assertFile, readJson } from "./read-json.ts";

export interface SourceTensor {
  readonly name: string;
  readonly dtype: FloatType;
  /** Row-major: the last is contiguous, the reverse of ggml's order. */
  readonly shape: readonly number[];
  readonly path: string;
  /** Position of the first byte in the file. */
  readonly offset: number;
  readonly sizeBytes: number;
}

/** The limit that the reference reader sets (safetensors/src/tensor.rs, MAX_HEADER_SIZE). */
const MAX_HEADER_BYTES = 100_000_000;
const DTYPE_BYTES: Readonly<Record<string, number>> = { F32: 4, F16: 2, BF16: 2 };
const MAX_INDEX_BYTES = 64 * 2 ** 20;

/**
 * The tensors of a Hugging Face folder by name, from all its shards.
 * @throws MODEL_INVALID for a missing or damaged shard, UNSUPPORTED for weights that are not safetensors
 */
export async function readSafetensorsFolder(
  folder: string,
  files: readonly string[],
): Promise<Map<string, SourceTensor>> {
  const index = files.includes("model.safetensors.index.json");
  const shards = index ? await shardsOfIndex(folder) : files.filter((file) => file.endsWith(".safetensors"));
  if (shards.length === 0)
    throw new AppError("UNSUPPORTED", `${folder} has no .safetensors weights.`, {
      hint: files.some((file) => /\.(bin|pt|pth)$/.test(file))
        ? "Its weights are pickled PyTorch files, which can run code: save them as safetensors first."
        : "The download is incomplete: get the model-*.safetensors files.",
    });
  const missing = shards.filter((shard) => !files.includes(shard));
  if (missing.length > 0)
    throw new AppError(
      "MODEL_INVALID",
      `${folder} lacks ${missing.length} of ${shards.length} shards: ${visibleToken(missing[0]!)}.`,
      {
        hint: "Download the missing files.",
        details: { missing },
      },
    );
  const tensors = new Map<string, SourceTensor>();
  for (const shard of shards.toSorted()) {
    for (const tensor of await readSafetensors(join(folder, shard))) {
      if (tensors.has(tensor.name))
        throw new AppError(
          "MODEL_INVALID",
          `${folder} has the tensor "${visibleToken(tensor.name)}" twice.`,
          {
            hint: "Shards of two downloads are mixed: download the model into an empty folder.",
          },
        );
      tensors.set(tensor.name, tensor);
    }
  }
  return tensors;
}

async function shardsOfIndex(folder: string): Promise<string[]> {
  const path = join(folder, "model.safetensors.index.json");
  const { weight_map: map } = await readJson(path, MAX_INDEX_BYTES);
  const names = [...new Set(Object.values((map ?? {}) as Record<string, unknown>).map(String))];
  // A name with a folder in it could point at any file of the machine.
  const foreign = names.find((name) => basename(name) !== name || !name.endsWith(".safetensors"));
  if (foreign === undefined) return names;
  throw new AppError(
    "MODEL_INVALID",
    `${path} names "${visibleToken(foreign)}", which is no safetensors file of the folder.`,
    {
      hint: "Download the model again from a source you trust.",
    },
  );
}

/** The table of one file. @throws MODEL_INVALID */
export async function readSafetensors(path: string): Promise<SourceTensor[]> {
  const damaged = (problem: string) =>
    new AppError("MODEL_INVALID", `${path} is damaged: ${problem}.`, { hint: "Download the file again." });
  const file = await openShard(path);
  try {
    const { size } = await file.stat();
    const prefix = new Uint8Array(8);
    await file.read(prefix, 0, 8, 0);
    const length = Number(new DataView(prefix.buffer).getBigUint64(0, true));
    if (size < 8 || length > Math.min(MAX_HEADER_BYTES, size - 8))
      throw damaged(`its header should have ${length} bytes, the file has ${size}`);
    const header = new Uint8Array(length);
    const { bytesRead } = await file.read(header, 0, length, 8);
    if (bytesRead < length) throw damaged("its header ends early");
    return parseTable(header, path, 8 + length, size, damaged);
  } finally {
    await file.close();
  }
}

async function openShard(path: string): Promise<FileHandle> {
  try {
    await assertFile(path);
    return await open(path, "r");
  } catch (cause) {
    throw new AppError("MODEL_INVALID", `${path} cannot be read: ${(cause as Error).message}.`, {
      hint: "Check its permissions, or download it again.",
      cause,
    });
  }
}

function parseTable(
  header: Uint8Array,
  path: string,
  dataOffset: number,
  fileSize: number,
  damaged: (problem: string) => AppError,
): SourceTensor[] {
  let table: Record<string, { dtype?: unknown; shape?: unknown; data_offsets?: unknown } | null>;
  try {
    table = JSON.parse(new TextDecoder().decode(header));
  } catch {
    throw damaged("its header is not JSON");
  }
  const tensors: SourceTensor[] = [];
  for (const [name, entry] of Object.entries(table ?? {})) {
    if (name === "__metadata__") continue;
    const { dtype, shape, data_offsets: place } = entry ?? {};
    if (!isSizes(shape) || !isSizes(place) || place.length !== 2)
      throw damaged(`the entry of "${visibleToken(name)}" is malformed`);
    const [begin, end] = place as [number, number];
    const bytes = DTYPE_BYTES[String(dtype)];
    if (bytes === undefined)
      throw new AppError(
        "UNSUPPORTED",
        `${path}: "${visibleToken(name)}" has the type ${visibleToken(String(dtype))}; F32, F16 and BF16 can be converted.`,
        {
          hint: "Quantised folders (GPTQ, AWQ, FP8) cannot be converted: use the original weights.",
        },
      );
    const sizeBytes = shape.reduce((product, size) => product * size, bytes);
    if (end - begin !== sizeBytes)
      throw damaged(`"${visibleToken(name)}" of shape [${shape}] does not fill its ${end - begin} bytes`);
    if (dataOffset + end > fileSize)
      throw damaged(
        `the file ends at byte ${fileSize}, but "${visibleToken(name)}" needs ${dataOffset + end}`,
      );
    tensors.push({ name, dtype: dtype as FloatType, shape, path, offset: dataOffset + begin, sizeBytes });
  }
  return tensors;
}

function isSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((item) => Number.isSafeInteger(item) && item >= 0);
}
