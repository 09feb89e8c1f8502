/** Is a model file whole and usable? One check after the other, in the order in which one trouble explains the next. */

import { isAppError } from "../../errors.ts";
import type { CatalogueEntry } from "../catalogue/catalogue-entry.ts";
import type { Gguf } from "../gguf/gguf.ts";
import { GGUF_SECTIONS, type GgufSection } from "../gguf/header-cursor.ts";
import { readGguf } from "../gguf/read-gguf.ts";
import { checkHash, getAgain, knownFile } from "./check-hash.ts";
import { checkScales } from "./check-scales.ts";
import { checkLayout, checkMetadata, checkShards, checkSizes, checkTensors } from "./check-tables.ts";
import { checkTemplate } from "./check-template.ts";
import { checkTokenizer } from "./check-tokenizer.ts";
import { type Finding, fail, type ModelCheck, ok } from "./model-check.ts";

/** Ids of the checks, in their order. */
export const MODEL_CHECKS = [...GGUF_SECTIONS, "tokenizer", "template", "layout", "scales", "hash"] as const;
export type ModelCheckId = (typeof MODEL_CHECKS)[number];

export interface VerifyOptions {
  /** Computes the SHA-256 of the whole file. @default false: sizes alone are compared */
  readonly hash?: boolean | undefined;
  /** The catalogue entry that led to the file, for the hint how to get it again. */
  readonly entry?: CatalogueEntry | undefined;
  /** Of the sample of blocks. @default 1 */
  readonly seed?: number | undefined;
  /** Tensors of "scales", bytes of "hash". */
  readonly onProgress?: ((stage: "scales" | "hash", done: number, total: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Checks a GGUF file or all shards of a model. What is wrong with the file is a finding; checks that need what
 * already failed are left out.
 * @throws MODEL_NOT_FOUND if there is no such file; CANCELLED
 *
 * @example
 * for await (const { id, status, message, hint } of verifyModel("mixtral.Q4_K_M.gguf")) { … }
 */
export async function* verifyModel(path: string, options: VerifyOptions = {}): AsyncGenerator<ModelCheck> {
  const { hash, entry, seed, onProgress, signal } = options;
  const progressOf = (stage: "scales" | "hash") => (done: number, total: number) =>
    onProgress?.(stage, done, total);
  let gguf: Gguf;
  try {
    gguf = await readGguf(path);
  } catch (error) {
    yield* readingFailed(error, path, entry);
    return;
  }
  const { version, dataOffset } = gguf;
  const looks: Readonly<Record<ModelCheckId, () => Finding | Promise<Finding>>> = {
    header: () => ok(`GGUF version ${version}, ${dataOffset} bytes before the data`),
    metadata: () => checkMetadata(gguf),
    tensors: () => checkTensors(gguf),
    sizes: () => checkSizes(gguf),
    shards: () => checkShards(gguf),
    tokenizer: () => checkTokenizer(gguf),
    template: () => checkTemplate(gguf),
    layout: () => checkLayout(gguf),
    scales: () => checkScales(gguf, { seed, signal, onProgress: progressOf("scales") }),
    hash: () => checkHash(gguf, { hash, entry, signal, onProgress: progressOf("hash") }),
  };
  for (const id of MODEL_CHECKS) {
    const look = async () => looks[id]();
    yield { id, ...(await look().catch(unreadable)) };
  }
}

/** A disk that fails in the middle of the file is a finding like any other. */
function unreadable(error: unknown): Finding {
  const { syscall, message } = error as NodeJS.ErrnoException;
  if (isAppError(error) || syscall === undefined) throw error;
  return fail(
    `The file cannot be read: ${message}.`,
    "The disk may be failing: copy what is still needed, then get the file again.",
  );
}

/** What was read well before the trouble, and the trouble with its next step. */
function* readingFailed(
  error: unknown,
  path: string,
  entry: CatalogueEntry | undefined,
): Generator<ModelCheck> {
  if (!isAppError(error) || error.code !== "MODEL_INVALID") throw error;
  const {
    section = "header",
    isTruncated,
    fileSize,
  } = (error.details ?? {}) as {
    section?: GgufSection;
    isTruncated?: boolean;
    fileSize?: number;
  };
  for (const id of GGUF_SECTIONS.slice(0, GGUF_SECTIONS.indexOf(section))) yield { id, ...ok("Reads well") };
  if (!isTruncated) {
    yield { id: section, ...fail(error.message, error.hint ?? "Get the file again.") };
    return;
  }
  const known = knownFile((error.details?.path as string | undefined) ?? path, entry);
  const wanted = known?.file.sizeBytes;
  const missing =
    wanted !== undefined && fileSize !== undefined && wanted > fileSize
      ? ` Of the ${wanted} bytes that the catalogue names ${wanted - fileSize} are missing.`
      : "";
  const again = known
    ? getAgain(known.entry)
    : "get it again; assay models pull goes on where a transfer of its own stopped";
  yield {
    id: section,
    ...fail(error.message + missing, `The file is truncated: ${again}.`),
  };
}
