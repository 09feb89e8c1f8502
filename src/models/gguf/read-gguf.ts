/** Reads header and tensor table of a GGUF file or of all its shards; never the data. */

import { type FileHandle, open } from "node:fs/promises";
import { AppError } from "../../errors.ts";
import type { Gguf, GgufShard, GgufTensor } from "./gguf.ts";
import { type GgufSection, HeaderIncomplete, MAX_HEADER_BYTES } from "./header-cursor.ts";
import { numberOf } from "./metadata.ts";
import { type GgufHeader, parseHeader } from "./parse-header.ts";
import { shardPaths } from "./shard-names.ts";

/** Enough for most headers at once: that of Mixtral has 0.8 MB. */
const FIRST_READ_BYTES = 2 ** 20;

const SHARDS = { section: "shards" satisfies GgufSection };

interface FileHeader extends GgufHeader {
  readonly path: string;
  readonly fileSize: number;
}

/**
 * Reads what a GGUF file says about itself. Of a model in shards any one may be given; all are read.
 * @throws MODEL_NOT_FOUND if there is no such file
 * @throws MODEL_INVALID if it cannot be read, is no GGUF file, is damaged, or a shard is missing
 *
 * @example
 * const gguf = await readGguf("mixtral.Q4_K_M.gguf");
 * numberOf(gguf, "llama.block_count"); // 32
 */
export async function readGguf(path: string): Promise<Gguf> {
  const paths = shardPaths(path) ?? [path];
  const headers: FileHeader[] = [];
  for (const [index, shard] of paths.entries()) {
    const header = await readFileHeader(shard, paths.length > 1 && shard !== path);
    if (paths.length > 1) checkShard(header, index, paths.length);
    headers.push(header);
  }
  return joinShards(headers);
}

async function readFileHeader(path: string, isOtherShard: boolean): Promise<FileHeader> {
  const file = await openModel(path, isOtherShard);
  try {
    const info = await file.stat();
    if (!info.isFile())
      throw new AppError("MODEL_INVALID", `${path} is not a file.`, { hint: "Give the GGUF file itself." });
    let wanted = FIRST_READ_BYTES;
    for (;;) {
      const bytes = await readStart(file, Math.min(wanted, info.size, MAX_HEADER_BYTES));
      try {
        return { path, fileSize: info.size, ...parseHeader(bytes, info.size, path) };
      } catch (error) {
        if (!(error instanceof HeaderIncomplete)) throw error;
        // Fourfold steps keep what is parsed twice under a third of the whole.
        wanted = Math.max(4 * wanted, error.needed);
      }
    }
  } finally {
    await file.close();
  }
}

async function openModel(path: string, isOtherShard: boolean): Promise<FileHandle> {
  try {
    return await open(path, "r");
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    if (code === "ENOENT" && isOtherShard)
      throw new AppError("MODEL_INVALID", `The shard ${path} is missing.`, {
        hint: "Put all shards of the model into one folder.",
        details: SHARDS,
        cause,
      });
    if (code === "ENOENT" || code === "ENOTDIR")
      throw new AppError("MODEL_NOT_FOUND", `There is no file ${path}.`, { hint: "Check the path.", cause });
    throw new AppError("MODEL_INVALID", `${path} cannot be read: ${(cause as Error).message}.`, {
      hint: "Check the permissions of the file and of its folder.",
      cause,
    });
  }
}

async function readStart(file: FileHandle, length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  let done = 0;
  while (done < length) {
    const { bytesRead } = await file.read(bytes, done, length - done, done);
    if (bytesRead === 0) break;
    done += bytesRead;
  }
  return bytes.subarray(0, done);
}

/** The keys are those of llama-gguf-split (src/llama-model-loader.cpp reads them too). */
function checkShard(header: FileHeader, index: number, count: number): void {
  const number = numberOf(header, "split.no");
  const total = numberOf(header, "split.count");
  if (number === index && total === count) return;
  throw new AppError(
    "MODEL_INVALID",
    `${header.path} says that it is shard ${number === undefined ? "?" : number + 1} of ${total ?? "?"}, its name says ${index + 1} of ${count}.`,
    { hint: "The shards were mixed up or renamed: download them again.", details: SHARDS },
  );
}

function joinShards(headers: readonly FileHeader[]): Gguf {
  const first = headers[0]!;
  const shards: GgufShard[] = headers.map(({ path, dataOffset, fileSize }) => ({
    path,
    dataOffset,
    fileSize,
  }));
  const tensors: GgufTensor[] = headers.flatMap((header, shard) =>
    header.tensors.map((tensor) => ({ ...tensor, shard })),
  );
  const expected = numberOf(first, "split.tensors.count");
  if (headers.length > 1 && expected !== undefined && expected !== tensors.length)
    throw new AppError(
      "MODEL_INVALID",
      `The shards of ${first.path} hold ${tensors.length} tensors, not ${expected}.`,
      {
        hint: "A shard is of another version of the model: download all of them again.",
        details: SHARDS,
      },
    );
  const duplicate = tensors.length - new Set(tensors.map(({ name }) => name)).size;
  if (duplicate > 0)
    throw new AppError("MODEL_INVALID", `${duplicate} tensors are in more than one shard of ${first.path}.`, {
      hint: "A shard is of another version of the model: download all of them again.",
      details: SHARDS,
    });
  return {
    path: first.path,
    version: first.version,
    metadata: first.metadata,
    tensors,
    alignment: first.alignment,
    dataOffset: first.dataOffset,
    fileSize: shards.reduce((sum, { fileSize }) => sum + fileSize, 0),
    shards,
  };
}
