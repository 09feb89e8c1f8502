/** A Hugging Face folder as a MODEL: converted and quantised once, then found in the cache. */

import { createHash } from "node:crypto";
import { mkdir, open, readdir, rm } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { AppError, isAppError } from "../errors.ts";
import type { LlamaLibrary, QuantType } from "../llama/index.ts";
import { convertFolder } from "./convert/convert-folder.ts";
import type { FloatType } from "./convert/half-floats.ts";
import type { Gguf } from "./gguf/gguf.ts";
import { readGguf } from "./gguf/read-gguf.ts";
import { hashSample } from "./gguf/sample-file.ts";
import { quantise } from "./quantise.ts";

export interface CacheOptions {
  readonly cacheDir: string;
  /** undefined: as the weights are stored. */
  readonly type: QuantType | undefined;
  /** Called only if something is to be quantised. */
  readonly library: () => LlamaLibrary;
  readonly onProgress?: ((stage: "convert" | "quantise", done: number, total: number) => void) | undefined;
  readonly onWarning?: ((message: string) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Part of the cache's key: a converter that writes other files must not find the old ones. */
const CONVERTER_VERSION = 1;
const FLOATS: readonly string[] = ["F32", "F16", "BF16"];
/** Files that the converter reads. */
const RELEVANT = /\.(json|model|safetensors|jinja)$/;

/**
 * The GGUF file of a folder, from the cache or made now.
 * @throws as convertFolder and quantise
 */
export async function cachedConversion(folder: string, options: CacheOptions): Promise<Gguf> {
  const { cacheDir, type, onProgress, onWarning, signal } = options;
  const key = (await fingerprintFolder(folder)).slice(0, 16);
  const stem = join(cacheDir, `${basename(resolve(folder))}-${key}`);
  const target = `${stem}-${type ?? "as-found"}.gguf`;
  const found = await readCached(target);
  if (found) return found;
  await createFolder(cacheDir);
  const isFloat = type === undefined || FLOATS.includes(type);
  const converted = isFloat ? target : `${stem}-to-quantise-${process.pid}.gguf`;
  try {
    const { warnings } = await convertFolder({
      folder,
      output: converted,
      type: isFloat ? (type as FloatType | undefined) : undefined,
      onProgress: onProgress && ((done, total) => onProgress("convert", done, total)),
      signal,
    });
    for (const warning of warnings) onWarning?.(warning);
    if (!isFloat) {
      const result = await quantise(options.library(), {
        input: converted,
        output: target,
        type,
        onProgress: onProgress && ((done, total) => onProgress("quantise", done, total)),
        signal,
      });
      for (const warning of result.warnings) onWarning?.(warning);
    }
  } finally {
    if (!isFloat) await rm(converted, { force: true });
  }
  return readGguf(target);
}

/** A file that is there but damaged is made again, not reported: the user did not put it there. */
async function readCached(path: string): Promise<Gguf | undefined> {
  try {
    return await readGguf(path);
  } catch (error) {
    if (isAppError(error)) return undefined;
    throw error;
  }
}

async function createFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
  } catch (cause) {
    throw new AppError("CONFIG", `The cache folder ${folder} cannot be made: ${(cause as Error).message}.`, {
      hint: "Set cacheDir in the configuration to a folder that can be written.",
      cause,
    });
  }
}

/**
 * SHA-256 over names, sizes and samples of the files that are converted (see hashSample).
 * A changed byte in a small file always changes it.
 */
export async function fingerprintFolder(folder: string): Promise<string> {
  const hash = createHash("sha256").update(`converter ${CONVERTER_VERSION}\n`);
  const names = (await readdir(folder)).filter((name) => RELEVANT.test(name)).toSorted();
  for (const name of names) {
    const file = await open(join(folder, name), "r");
    try {
      const { size } = await file.stat();
      hash.update(`${name} ${size}\n`);
      await hashSample(hash, file, 0, size);
    } finally {
      await file.close();
    }
  }
  return hash.digest("hex");
}
