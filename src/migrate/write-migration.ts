/**
 * Makes the changes of a plan: all files are copied into a backup first, then each one is written beside itself
 * and renamed. A kill at any moment leaves every file whole, old or new.
 */

import {
  chmodSync,
  chownSync,
  closeSync,
  fsyncSync,
  lstatSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  type Stats,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { AppError } from "../errors.ts";
import { makeFolder } from "../make-folder.ts";
import type { FilePlan, MigrationPlan } from "./plan-migration.ts";
import { readBounded } from "./project-files.ts";
import { applyEdits } from "./text-edit.ts";

/** Of the project's folder; the backups of one run lie in a folder named by its time. */
export const BACKUP_FOLDER = ".assay-backup";

export interface WriteOutcome {
  /** From the project's folder. */
  readonly backup: string;
  readonly written: readonly string[];
  /** Files that were left as they are, and why. */
  readonly left: readonly { readonly path: string; readonly reason: string }[];
}

/**
 * Writes a plan with at least one file. A file that changed since it was read, or is read-only, is left and told.
 * @throws AppError DISK_FULL, DATA_UNAVAILABLE; `details` has what was written until then
 */
export function writeMigration(
  { root, files }: Pick<MigrationPlan, "root" | "files">,
  now: Date,
): WriteOutcome {
  const written: string[] = [];
  const left: { path: string; reason: string }[] = [];
  const backup = freshName(root, `${BACKUP_FOLDER}/${now.toISOString().replaceAll(/[-:]|\.\d+/g, "")}`);
  try {
    const ready = files.filter((file) => {
      const reason = whyNot(root, file);
      if (reason !== undefined) left.push({ path: file.path, reason });
      return reason === undefined;
    });
    for (const file of ready) keep(root, backup, file);
    for (const file of ready) {
      const path = join(root, file.path);
      // Once more: saving the others took time.
      const reason = whyNot(root, file);
      if (reason !== undefined) left.push({ path: file.path, reason });
      else {
        replaceFile(path, Buffer.from(applyEdits(file.text, file.edits)), lstatSync(path));
        written.push(file.path);
      }
    }
  } catch (cause) {
    throw asWriteError(cause, written, backup);
  }
  return { backup, written, left };
}

/** Two runs in one second get folders of their own. */
function freshName(root: string, name: string): string {
  let fresh = name;
  for (let i = 2; lstatSync(join(root, fresh), { throwIfNoEntry: false }); i++) fresh = `${name}-${i}`;
  return fresh;
}

function whyNot(root: string, { path, bytes }: FilePlan): string | undefined {
  try {
    const place = join(root, path);
    if ((lstatSync(place).mode & 0o222) === 0) return "it is read-only";
    const current = readBounded(place);
    return current?.equals(bytes) ? undefined : "it changed meanwhile; run again";
  } catch (error) {
    return (error as Error).message;
  }
}

/** Copies a file into the backup with its mode: a .env stays as private as it was. */
function keep(root: string, backup: string, { path, bytes }: FilePlan): void {
  const folder = join(root, BACKUP_FOLDER);
  makeFolder(folder, 0o700);
  // Somebody else's link would lead keys out of the project.
  if (!lstatSync(folder).isDirectory()) throw new Error(`${BACKUP_FOLDER} is no folder`);
  // What was kept out of version control must not get in through the backup.
  writeFileSync(join(folder, ".gitignore"), "*\n");
  const copy = join(root, backup, path);
  makeFolder(dirname(copy), 0o700);
  replaceFile(copy, bytes, lstatSync(join(root, path)));
}

function replaceFile(path: string, bytes: Buffer, { mode, uid, gid }: Stats): void {
  removeLeftovers(path);
  const draft = `${path}.${process.pid}.assay-tmp`;
  try {
    const file = openSync(draft, "wx", 0o600);
    try {
      writeFileSync(file, bytes);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    keepOwner(draft, uid, gid);
    chmodSync(draft, mode & 0o7777);
    renameSync(draft, path);
  } catch (error) {
    rmSync(draft, { force: true });
    throw error;
  }
}

/** Only root may give a file away; for everybody else the new file is theirs, as an editor's would be. */
function keepOwner(path: string, uid: number, gid: number): void {
  try {
    chownSync(path, uid, gid);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EPERM") throw error;
  }
}

/** What an earlier, killed run left beside the file. */
function removeLeftovers(path: string): void {
  const folder = dirname(path);
  for (const name of readdirSync(folder)) {
    const isDraft = name.startsWith(`${basename(path)}.`) && /\.\d+\.assay-tmp$/.test(name);
    if (isDraft) rmSync(join(folder, name), { force: true });
  }
}

function asWriteError(cause: unknown, written: readonly string[], backup: string): AppError {
  const { code, message } = cause as NodeJS.ErrnoException;
  const isFull = code === "ENOSPC" || code === "EDQUOT" || code === "EFBIG";
  const done = written.length === 0 ? "Nothing was changed" : `${written.length} files were changed before`;
  return new AppError(
    isFull ? "DISK_FULL" : "DATA_UNAVAILABLE",
    `${isFull ? "The disk is full" : `A file cannot be written: ${message}`}. ${done}.`,
    {
      hint: `Every file is whole; run again to go on. The files as they were are in ${backup}.`,
      details: { written, backup },
      cause,
    },
  );
}
