/** A Hugging Face folder as a MODEL: converted and quantised once, then found in the cache. */

import { createHash } from "node:crypto";
import { open, readdir, stat } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { AppError, isAppError } from "../errors.ts";
import type { LlamaLibrary, QuantType } from "../llama/index.ts";
import { makeFolder } from "../make-folder.ts";
import { convertModel } from "./convert/convert-model.ts";
import type { Gguf } from "./gguf/gguf.ts";
import { readGguf } from "./gguf/read-gguf.ts";
import { hashSample } from "./gguf/sample-file.ts";

export interface CacheOptions {
  readonly cacheDir: string;
  /** undefined: as the weights are stored. */
  readonly type: QuantType | undefined;
  /** Called only if something is to be quantised. */
  readonly library: () => LlamaLibrary;
  readonly onProgress?: ((stage: "convert" | "quantise", done: number, total: number) => void) | undefined;
  /** Told what is converted to what, before it begins. */
  readonly onNote?: ((message: string) => void) | undefined;
  readonly onWarning?: ((message: string) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Part of the cache's key: a converter that writes other files must not find the old ones. */
const CONVERTER_VERSION = 2;
/** Files that the converter reads. */
const RELEVANT = /\.(json|model|safetensors|jinja)$/;

/**
 * The GGUF file of a folder, from the cache or made now.
 * @throws as convertFolder and quantise
 */
export async function cachedConversion(folder: string, options: CacheOptions): Promise<Gguf> {
  const key = (await fingerprintFolder(folder)).slice(0, 16);
  const stem = join(options.cacheDir, `${basename(resolve(folder))}-${key}`);
  const { type, onProgress, signal } = options;
  const target = `${stem}-${type ?? "as-found"}.gguf`;
  const found = await readCached(target);
  if (found) return found;
  await createFolder(options.cacheDir);
  // Found only when an earlier process was killed while it quantised: then the hour of converting is saved.
  const waiting = `${stem}-to-quantise.gguf`;
  const { warnings } = await convertModel({
    folder,
    output: target,
    type,
    name: basename(resolve(folder)),
    library: options.library,
    waiting: { path: waiting, isComplete: (await readCached(waiting)) !== undefined },
    onPlan: ({ family, storedType }) =>
      options.onNote?.(
        `converting ${basename(resolve(folder))} (${family}, ${storedType}) to ${type ?? storedType} once; kept in ${options.cacheDir}`,
      ),
    onProgress,
    signal,
  });
  for (const warning of warnings) options.onWarning?.(warning);
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
    makeFolder(folder);
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
    // A folder or a pipe of such a name is none of the model's.
    if (!(await stat(join(folder, name))).isFile()) continue;
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
