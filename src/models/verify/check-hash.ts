/** Size and SHA-256 against what the catalogue says of a file of this name. */

import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { basename } from "node:path";
import { CATALOGUE } from "../catalogue/catalogue.ts";
import type { CatalogueEntry, CatalogueFile } from "../catalogue/catalogue-entry.ts";
import type { Gguf, GgufShard } from "../gguf/gguf.ts";
import { shellWord } from "../shell-word.ts";
import { throwIfAborted } from "../throw-if-aborted.ts";
import { type Finding, fail, ok, warn } from "./model-check.ts";

export interface HashOptions {
  /** Reads every byte; without it sizes alone are compared. */
  readonly hash?: boolean | undefined;
  /** The entry that led to the file; without it an entry is looked for by the file's name. */
  readonly entry?: CatalogueEntry | undefined;
  /** Bytes hashed and in all. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

const CHUNK_BYTES = 4 * 2 ** 20;

export interface KnownFile {
  readonly entry: CatalogueEntry;
  readonly file: CatalogueFile;
}

/** What the catalogue knows of a file of exactly this name. */
export function knownFile(path: string, entry?: CatalogueEntry): KnownFile | undefined {
  const name = basename(path);
  for (const candidate of entry ? [entry] : CATALOGUE) {
    const file = candidate.files.find((it) => basename(it.path) === name);
    if (file) return { entry: candidate, file };
  }
  return undefined;
}

/** How a file of the catalogue is had again, as the end of a sentence. */
export function getAgain({ name, bundled }: CatalogueEntry): string {
  return bundled ? "install the package again" : `delete it, then assay models pull ${shellWord(name)}`;
}

/** @throws CANCELLED; an error of the file system */
export async function checkHash(gguf: Gguf, options: HashOptions): Promise<Finding> {
  const known = gguf.shards.map(({ path }) => knownFile(path, options.entry));
  const odd = gguf.shards.flatMap(({ path, fileSize }, index) => {
    const wanted = known[index]?.file.sizeBytes;
    return wanted === undefined || wanted === fileSize
      ? []
      : [`${basename(path)}: ${fileSize}, not ${wanted}`];
  });
  if (odd.length > 0)
    return warn(
      `Not the catalogue's file of that name, the size differs (${odd.join("; ")}).`,
      `Another conversion may have the same name; for the one that is known ${getAgain(known.find((it) => it)!.entry)}`,
    );
  if (!options.hash) {
    const said = known.every((it) => it?.file.sizeBytes !== undefined);
    return ok(
      `${said ? `The size is that of ${known[0]?.entry.name} in the catalogue` : "The catalogue has no file of that name"}; not hashed (--hash reads every byte)`,
    );
  }
  return compare(gguf.shards, known, options);
}

async function compare(
  shards: readonly GgufShard[],
  known: readonly (KnownFile | undefined)[],
  { onProgress, signal }: HashOptions,
): Promise<Finding> {
  const total = shards.reduce((sum, { fileSize }) => sum + fileSize, 0);
  const found: string[] = [];
  const unknown: string[] = [];
  let before = 0;
  for (const [index, { path, fileSize }] of shards.entries()) {
    const digest = await sha256(path, signal, (done) => onProgress?.(before + done, total));
    before += fileSize;
    found.push(digest);
    const match = known[index];
    if (match?.file.sha256 === undefined) unknown.push(basename(path));
    else if (match.file.sha256 !== digest)
      return fail(
        `${basename(path)} has the SHA-256 ${digest}, the catalogue says ${match.file.sha256}.`,
        `The file is damaged or another one: ${getAgain(match.entry)}`,
      );
  }
  if (unknown.length === 0)
    return ok(`SHA-256 as in the catalogue (${known[0]?.entry.name}): ${found.join(", ")}`);
  return ok(`SHA-256 ${found.join(", ")}; the catalogue has none to compare it with`);
}

async function sha256(
  path: string,
  signal: AbortSignal | undefined,
  onProgress: (done: number) => void,
): Promise<string> {
  const hash = createHash("sha256");
  let done = 0;
  for await (const chunk of createReadStream(path, { highWaterMark: CHUNK_BYTES })) {
    throwIfAborted(signal);
    hash.update(chunk as Uint8Array);
    done += (chunk as Uint8Array).length;
    onProgress(done);
  }
  return hash.digest("hex");
}
