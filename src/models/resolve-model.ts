/** What a user writes as MODEL -> a GGUF file that can be loaded. */

import { readdir, stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { AppError } from "../errors.ts";
import { type LlamaLibrary, loadLibrary, type QuantType } from "../llama/index.ts";
import { suggest } from "../suggest.ts";
import { visibleToken } from "../visible-token.ts";
import { CATALOGUE, CATALOGUE_ALIASES, findEntry } from "./catalogue/catalogue.ts";
import type { CatalogueEntry } from "./catalogue/catalogue-entry.ts";
import { findInstalled } from "./catalogue/find-installed.ts";
import { describeModel } from "./describe-model.ts";
import type { Gguf } from "./gguf/gguf.ts";
import { readGguf } from "./gguf/read-gguf.ts";
import { modelStem } from "./gguf/shard-names.ts";
import { cachedConversion } from "./hugging-face-folder.ts";
import { cachedModels } from "./pull/pulled-folder.ts";
import { shellWord } from "./shell-word.ts";

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
  /** The user's own catalogue entries; asked only for a name that nothing else has. */
  readonly userEntries?: (() => readonly CatalogueEntry[]) | undefined;
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

/** Where a MODEL is, before anything is opened or made. */
export interface ModelPlace {
  readonly kind: "bundled" | "file" | "folder";
  /** Absolute. */
  readonly path: string;
  /** The entry that gave it its name, if it is one of the catalogue. */
  readonly entry?: CatalogueEntry | undefined;
}

/**
 * Finds a model: a GGUF file, a Hugging Face folder, a bundled name, a file or folder of the models folder, or a name
 * of the catalogue that was pulled. A bundled name wins over a file of that name; write ./name for the file.
 * @throws MODEL_NOT_FOUND with the nearest name, or with the command that pulls it
 */
export async function locateModel(spec: string | undefined, options: ResolveOptions): Promise<ModelPlace> {
  const wanted = spec ?? options.defaultModel ?? DEFAULT_MODEL;
  const bundled = BUNDLED_MODELS.find((name) => name === wanted.toLowerCase());
  if (bundled) return locateBundled(bundled, options);
  const path = (await existing(resolve(options.cwd, wanted))) ?? (await findByFileName(wanted, options));
  if (path !== undefined) return { kind: (await stat(path)).isDirectory() ? "folder" : "file", path };
  const entry = findEntry(wanted, options.userEntries?.());
  const installed = entry && (await findInstalled(entry, installFolders(options)));
  if (installed !== undefined) return { kind: "file", path: installed, entry };
  throw entry ? notPulled(entry) : await notFound(wanted, options);
}

/**
 * Finds a model as locateModel() and reads its header; a folder is converted once.
 * @throws as locateModel(), and MODEL_INVALID
 *
 * @example
 * const { path } = await resolveModel("lab-moe", { cwd, cacheDir, bundledDir });
 */
export async function resolveModel(
  spec: string | undefined,
  options: ResolveOptions,
): Promise<ResolvedModel> {
  const { kind, path, entry } = await locateModel(spec, options);
  if (kind === "folder") return openFolder(path, options);
  const model = await openFile(path, kind, options);
  // A user may call a model anything, and the family is read off its name: there the file's name stays.
  return entry?.repo !== undefined && CATALOGUE.includes(entry) ? { ...model, name: entry.name } : model;
}

async function locateBundled(name: string, options: ResolveOptions): Promise<ModelPlace> {
  const path = join(options.bundledDir, `${name}.gguf`);
  if (await existing(path)) return { kind: "bundled", path };
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

function notPulled(entry: CatalogueEntry): AppError {
  const { name, title, localPath } = entry;
  if (localPath !== undefined)
    return new AppError("MODEL_NOT_FOUND", `${name} is no longer at ${localPath}.`, {
      hint: `Put the file back, or forget it: npx assay models add --remove ${name}`,
    });
  return new AppError("MODEL_NOT_FOUND", `${title} (${name}) is known, but not on this disk.`, {
    hint: `npx assay models pull ${name}`,
    details: { name, files: entry.files.map(({ path }) => path) },
  });
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

/** Folders that models are pulled into, in the order in which they are searched. */
const modelDirsOf = (options: ResolveOptions) => [modelsDirOf(options), cachedModels(options.cacheDir)];

const installFolders = (options: ResolveOptions) => ({
  bundledDir: options.bundledDir,
  modelDirs: modelDirsOf(options),
});

async function findByFileName(wanted: string, options: ResolveOptions): Promise<string | undefined> {
  // hf:owner/repository/file.gguf, once pulled, is its file.
  const name = wanted.startsWith("hf:") ? hubFileName(wanted) : wanted;
  if (name === undefined) return undefined;
  for (const folder of modelDirsOf(options)) {
    const entries = await readdir(folder).catch(() => []);
    // Of a model in shards the first has the lowest name.
    const found = entries.toSorted().find((entry) => entry === name || modelStem(entry) === modelStem(name));
    if (found !== undefined) return join(folder, found);
  }
  return undefined;
}

/** The file name in hf:owner/repository/path/file.gguf@revision. */
function hubFileName(wanted: string): string | undefined {
  return /^hf:[^/]+\/[^/]+\/(?:.*\/)?([^/@]+\.gguf)(?:@[^/]*)?$/i.exec(wanted)?.[1];
}

async function notFound(wanted: string, options: ResolveOptions): Promise<AppError> {
  if (wanted.startsWith("hf:"))
    return new AppError("MODEL_NOT_FOUND", `${visibleToken(wanted)} is not on this disk.`, {
      hint: `npx assay models pull ${shellWord(wanted)}`,
    });
  const isPath = /[/\\]|\.gguf$/i.test(wanted);
  const beside = isPath ? await readdir(dirname(resolve(options.cwd, wanted))).catch(() => []) : [];
  const folders = await Promise.all(
    modelDirsOf(options).map((folder) => readdir(folder).catch((): string[] => [])),
  );
  const local = folders.flat().map(modelStem);
  const known = [...CATALOGUE, ...(options.userEntries?.() ?? [])].map(({ name }) => name);
  const near = suggest(basename(wanted), [...beside, ...local, ...known, ...Object.keys(CATALOGUE_ALIASES)]);
  return new AppError(
    "MODEL_NOT_FOUND",
    isPath ? `There is no file ${wanted}.` : `There is no model "${wanted}".`,
    {
      hint: near
        ? `Did you mean ${near}?`
        : `Give a GGUF file, a Hugging Face folder, or a name of \`assay models list\`, as ${[...new Set([...BUNDLED_MODELS, ...local])].join(", ")}.`,
    },
  );
}
