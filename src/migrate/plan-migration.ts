/** What a migration would change in a project; nothing is written. */

import { findEdits, readerFor } from "./find-edits.ts";
import { type ProjectFile, readProjectFiles, type SkippedFiles } from "./project-files.ts";
import type { TextEdit } from "./text-edit.ts";
import { type MigrationWarning, noteWarnings } from "./warnings.ts";

/** One file with something to change; `path` counts from the project's folder. */
export interface FilePlan extends ProjectFile {
  readonly edits: readonly TextEdit[];
}

export interface MigrationPlan {
  /** Real path of the project's folder. */
  readonly root: string;
  readonly files: readonly FilePlan[];
  readonly warnings: readonly MigrationWarning[];
  readonly skipped: SkippedFiles;
  /** Files that were read. */
  readonly read: number;
}

/**
 * Finds the settings of the former system in a folder or one file.
 * @throws AppError DATA_UNAVAILABLE, USAGE
 * @example planMigration("../my-agents").files.map(({ path, edits }) => [path, edits.length])
 */
export function planMigration(path: string): MigrationPlan {
  const { root, files, skipped, caches } = readProjectFiles(path, (name) => readerFor(name) !== undefined);
  const found = files.map((file) => {
    // A single file is looked at whatever its name.
    const read = readerFor(file.path.split("/").at(-1)!);
    return { ...file, ...(read ? findEdits(file.text, read) : { edits: [], notes: [] }) };
  });
  return {
    root,
    files: found.filter(({ edits }) => edits.length > 0),
    warnings: [...cacheWarning(caches), ...skippedWarnings(skipped), ...noteWarnings(found)],
    skipped,
    read: files.length,
  };
}

function cacheWarning(caches: readonly string[]): readonly MigrationWarning[] {
  if (caches.length === 0) return [];
  const message =
    "AutoGen's cache is here. Its key leaves out base_url and api_key, so TinyLlama's old answers come back wherever a model id stays the same. Delete these folders, or set cache_seed to None.";
  return [{ id: "autogen-cache", message, places: caches.map((path) => ({ path })) }];
}

function skippedWarnings({ tooLarge, notUtf8, unreadable }: SkippedFiles): readonly MigrationWarning[] {
  const warnings: MigrationWarning[] = [
    { id: "encoding", message: "Not UTF-8, so left alone.", places: notUtf8.map((path) => ({ path })) },
    {
      id: "too-large",
      message: "Larger than 2 MiB, so left alone.",
      places: tooLarge.map((path) => ({ path })),
    },
    { id: "unreadable", message: "Could not be read.", places: unreadable.map((path) => ({ path })) },
  ];
  return warnings.filter(({ places }) => places.length > 0);
}
