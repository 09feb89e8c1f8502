/** Is a model of the catalogue on this disk? */

import { readdir, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { modelStem } from "../gguf/shard-names.ts";
import type { CatalogueEntry } from "./catalogue-entry.ts";

export interface InstallFolders {
  /** Folder of the bundled models. */
  readonly bundledDir: string;
  /** Folders that models are pulled into, the preferred one first. */
  readonly modelDirs: readonly string[];
}

/**
 * The file of an entry, or the first of its shards; undefined unless all of them are there. What
 * `assay models repair` made of a file stands in for it.
 *
 * Names are compared with their case, by what the folder lists: of Mixtral's two conversions the names differ in
 * nothing else, and some file systems would take one for the other.
 */
export async function findInstalled(
  { files, bundled, localPath }: CatalogueEntry,
  { bundledDir, modelDirs }: InstallFolders,
): Promise<string | undefined> {
  if (localPath !== undefined) return (await isFile(localPath)) ? localPath : undefined;
  const names = files.map(({ path }) => basename(path));
  const stem = modelStem(names[0]!);
  for (const folder of bundled ? [bundledDir] : modelDirs) {
    const there = new Set(await readdir(folder).catch(() => []));
    const repaired = [`${stem}.repaired.gguf`, `${stem}-repaired.gguf`].find((name) => there.has(name));
    if (repaired !== undefined) return join(folder, repaired);
    if (names.every((name) => there.has(name))) return join(folder, names[0]!);
  }
  return undefined;
}

async function isFile(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isFile() === true;
}
