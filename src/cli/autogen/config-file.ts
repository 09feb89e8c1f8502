/** The file of entries: a new one is written, one that is there is merged with, and only on demand. */

import { lstatSync, statSync } from "node:fs";
import { join } from "node:path";
import { AppError } from "../../errors.ts";
import { readProjectFiles, unifiedDiff, writeMigration } from "../../migrate/index.ts";
import { visibleToken } from "../../visible-token.ts";
import { writeOutput } from "../write-output.ts";
import { type ConfigEntry, type ConfigFormat, ID_PATHS } from "./config-entries.ts";
import { entryId, mergeEntries } from "./merge-entries.ts";
import { printJson } from "./print-json.ts";

export interface FileOutcome {
  readonly path: string;
  /** "unchanged": it has all of it; "shown": it would change, and is as it was. */
  readonly state: "created" | "merged" | "shown" | "unchanged";
  /** Lines of a unified diff; none for a file that is new. */
  readonly diff: readonly string[];
  readonly added: readonly string[];
  readonly changed: readonly string[];
  /** Where the file as it was lies. */
  readonly backup: string | undefined;
  readonly warnings: readonly string[];
}

export interface FileWish {
  readonly path: string;
  readonly format: ConfigFormat;
  readonly entries: readonly ConfigEntry[];
  /** Changes a file that is there, too. */
  readonly write: boolean;
}

/** @throws DATA_UNAVAILABLE for a file that is no JSON list or cannot be written, DISK_FULL */
export function putEntries({ path, format, entries, write }: FileWish): FileOutcome {
  const nothing = { path, diff: [], added: [], changed: [], backup: undefined, warnings: [] };
  if (lstatSync(path, { throwIfNoEntry: false }) === undefined) {
    // 0600: people put their keys into this file later.
    writeOutput(path, `${printJson(entries)}\n`, 0o600);
    return { ...nothing, state: "created", added: entries.map((entry) => entryId(entry, ID_PATHS[format])) };
  }
  // A folder would be read as a project; a link is followed to the file that it leads to.
  if (!statSync(path, { throwIfNoEntry: false })?.isFile()) throw noList(path);
  const { root, files } = readProjectFiles(path, () => true);
  const file = files[0];
  const merged = file && mergeEntries(file.text, entries, ID_PATHS[format]);
  if (file === undefined || merged === undefined) throw noList(path);
  const { edits, added, changed, doubled } = merged;
  const warnings = [
    ...doubled.map((id) => `${visibleToken(id)} stands there more than once; all of them are set alike.`),
    ...(isStrictJson(file.text)
      ? []
      : ["The file has comments or trailing commas, which AutoGen's json.load refuses."]),
  ];
  const told = { ...nothing, added, changed, warnings };
  if (edits.length === 0) return { ...told, state: "unchanged" };
  const diff = unifiedDiff(file.path, file.text, edits);
  if (!write) return { ...told, state: "shown", diff };
  const { left, backup } = writeMigration({ root, files: [{ ...file, edits }] }, new Date());
  if (left[0] !== undefined)
    throw new AppError("DATA_UNAVAILABLE", `${path} is left as it was: ${left[0].reason}.`);
  return { ...told, state: "merged", diff, backup: join(root, backup, file.path) };
}

function noList(path: string): AppError {
  return new AppError(
    "DATA_UNAVAILABLE",
    `${visibleToken(path)} is no JSON list of entries; it is left as it was.`,
    {
      hint: "Give another --output, or move the file away.",
    },
  );
}

function isStrictJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
