/** What a user writes as MODEL -> a GGUF file that can be loaded. */

import { readdir, stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { AppError } from "../errors.ts";
import { type LlamaLibrary, loadLibrary, type QuantType } from "../llama/index.ts";
import { suggest } from "../suggest.ts";
import { describeModel } from "./describe-model.ts";
import type { Gguf } from "./gguf/gguf.ts";
import { readGguf } from "./gguf/read-gguf.ts";
import { modelStem } from "./gguf/shard-names.ts";
import { cachedConversion } from "./hugging-face-folder.ts";
import { findKnownModel, KNOWN_MODELS } from "./known-models.ts";

/** Values of --quant-type; auto takes the weights as found. */
export const QUANT_CHOICES = {
  int4: "Q4_K_M",
  int8: "Q8_0",
  bfloat16: "BF16",
  float16: "F16",
  auto: undefined,
} as const satisfies Record<string, QuantType | undefined>;
export type QuantChoice = keyof typeof QUANT_CHOICES;

/** Models that come with the package. */
export const BUNDLED_MODELS = ["lab-moe", "lab-dense"] as const;
const DEFAULT_MODEL = "lab-moe";

export interface ResolveOptions {
  /** Relative paths start here. */
  readonly cwd: string;
  /** Converted folders are kept here. */
  readonly cacheDir: string;
  /** Folder of the bundled models: models/ beside package.json. */
  readonly bundledDir: string;
  /** Searched by file name and stem. @default models/llm_models under cwd */
  readonly modelsDir?: string | undefined;
  /** Taken when no MODEL is given. @default "lab-moe" */
  readonly defaultModel?: string | undefined;
  /** For Hugging Face folders. @default "auto" */
  readonly quantType?: QuantChoice | undefined;
  /** The library to quantise with. @default loadLibrary() */
  readonly library?: (() => LlamaLibrary) | undefined;
  readonly onProgress?: ((stage: "convert" | "quantise", done: number, total: number) => void) | undefined;
  /** Told what a folder is converted to, before that begins. */
  readonly onNote?: ((message: string) => void) | undefined;
  /** Told what was not done as asked. */
  readonly onWarning?: ((message: string) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface ResolvedModel {
  /** Short name: the stem of the file or the name of the folder. */
  readonly name: string;
  /** The GGUF file, or the first of its shards; absolute. */
  readonly path: string;
  readonly origin: "bundled" | "file" | "folder";
  readonly gguf: Gguf;
}

/**
 * Finds a model: a GGUF file, a Hugging Face folder (converted once), a bundled name, or a file or folder of
 * the models folder. A bundled name wins over a file of that name; write ./name for the file.
 * @throws MODEL_NOT_FOUND with the nearest name, MODEL_INVALID, UNSUPPORTED for names that need a download
 *
 * @example
 * const { path } = await resolveModel("lab-moe", { cwd, cacheDir, bundledDir });
 */
export async function resolveModel(
  spec: string | undefined,
  options: ResolveOptions,
): Promise<ResolvedModel> {
  const wanted = spec ?? options.defaultModel ?? DEFAULT_MODEL;
  const bundled = BUNDLED_MODELS.find((name) => name === wanted.toLowerCase());
  if (bundled) return openBundled(bundled, options);
  refuseDownloads(wanted);
  const path = (await existing(resolve(options.cwd, wanted))) ?? (await findInModelsDir(wanted, options));
  if (path === undefined) throw await notFound(wanted, options);
  if ((await stat(path)).isDirectory()) return openFolder(path, options);
  return openFile(path, "file", options);
}

async function openBundled(name: string, options: ResolveOptions): Promise<ResolvedModel> {
  const path = join(options.bundledDir, `${name}.gguf`);
  if (await existing(path)) return openFile(path, "bundled", options);
  throw new AppError("MODEL_NOT_FOUND", `The bundled model ${name} is missing: there is no ${path}.`, {
    hint: "Install the package again.",
  });
}

async function openFile(
  path: string,
  origin: "bundled" | "file",
  options: ResolveOptions,
): Promise<ResolvedModel> {
  const gguf = await readGguf(path);
  const { quantisation } = describeModel(gguf);
  const type = QUANT_CHOICES[options.quantType ?? "auto"];
  if (type !== undefined && type !== quantisation)
    options.onWarning?.(
      `--quant-type ${options.quantType} is for Hugging Face folders; ${basename(path)} is used as it is (${quantisation}).`,
    );
  return { name: modelStem(basename(gguf.path)), path: gguf.path, origin, gguf };
}

async function openFolder(folder: string, options: ResolveOptions): Promise<ResolvedModel> {
  const files = await readFolder(folder);
  if (!files.includes("config.json")) {
    const inside = files.find((file) => file.endsWith(".gguf"));
    throw new AppError("MODEL_NOT_FOUND", `${folder} is a folder without a model: it has no config.json.`, {
      hint: inside
        ? `Give the file itself: ${join(folder, inside)}`
        : "Give a GGUF file, or a Hugging Face folder with config.json, tokenizer.model and safetensors files.",
    });
  }
  const gguf = await cachedConversion(folder, {
    cacheDir: options.cacheDir,
    type: QUANT_CHOICES[options.quantType ?? "auto"],
    library: options.library ?? (() => loadLibrary()),
    onProgress: options.onProgress,
    onNote: options.onNote,
    onWarning: options.onWarning,
    signal: options.signal,
  });
  return { name: basename(folder), path: gguf.path, origin: "folder", gguf };
}

async function readFolder(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (cause) {
    throw new AppError(
      "MODEL_NOT_FOUND",
      `The folder ${folder} cannot be read: ${(cause as Error).message}.`,
      {
        hint: "Check its permissions.",
        cause,
      },
    );
  }
}

function refuseDownloads(wanted: string): void {
  const known = findKnownModel(wanted);
  if (!wanted.startsWith("hf:") && !known) return;
  throw new AppError(
    "UNSUPPORTED",
    `${known?.title ?? wanted} would have to be downloaded, which this version cannot do.`,
    {
      hint: "Download the GGUF file yourself and give its path, or put it into models/llm_models/.",
    },
  );
}

async function existing(path: string): Promise<string | undefined> {
  try {
    await stat(path);
    return path;
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    throw new AppError("MODEL_NOT_FOUND", `${path} cannot be looked at: ${(cause as Error).message}.`, {
      hint: "Check the path and its permissions.",
      cause,
    });
  }
}

const modelsDirOf = ({ cwd, modelsDir }: ResolveOptions) => modelsDir ?? join(cwd, "models", "llm_models");

async function findInModelsDir(wanted: string, options: ResolveOptions): Promise<string | undefined> {
  const folder = modelsDirOf(options);
  const entries = await readdir(folder).catch(() => []);
  // Of a model in shards the first has the lowest name.
  const found = entries
    .toSorted()
    .find((entry) => entry === wanted || modelStem(entry) === modelStem(wanted));
  return found === undefined ? undefined : join(folder, found);
}

async function notFound(wanted: string, options: ResolveOptions): Promise<AppError> {
  const isPath = /[/\\]|\.gguf$/i.test(wanted);
  const beside = isPath ? await readdir(dirname(resolve(options.cwd, wanted))).catch(() => []) : [];
  const local = (await readdir(modelsDirOf(options)).catch(() => [])).map(modelStem);
  const names = [...BUNDLED_MODELS, ...local, ...KNOWN_MODELS.map(({ name }) => name)];
  const near = suggest(basename(wanted), [...beside, ...names]);
  return new AppError(
    "MODEL_NOT_FOUND",
    isPath ? `There is no file ${wanted}.` : `There is no model "${wanted}".`,
    {
      hint: near
        ? `Did you mean ${near}?`
        : `Give a GGUF file, a Hugging Face folder, or one of: ${[...new Set([...BUNDLED_MODELS, ...local])].join(", ")}.`,
    },
  );
}
