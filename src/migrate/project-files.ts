/** The files of a project that may hold settings; links are never followed and big or strange files are told. */

import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readdirSync,
  readFileSync,
  realpathSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { AppError } from "../errors.ts";

/** Counts of what was not looked at, and names where a person may want to know. */
export interface SkippedFiles {
  folders: number;
  links: number;
  binary: number;
  readonly tooLarge: string[];
  readonly notUtf8: string[];
  readonly unreadable: string[];
}

export interface ProjectFile {
  /** From the project's folder, with forward slashes. */
  readonly path: string;
  readonly bytes: Buffer;
  readonly text: string;
}

export interface ProjectFiles {
  /** Real path of the project's folder. */
  readonly root: string;
  readonly files: readonly ProjectFile[];
  readonly skipped: SkippedFiles;
  /** AutoGen's caches, from the project's folder. */
  readonly caches: readonly string[];
}

/** Settings are small; what is larger is data. */
const LARGEST_BYTES = 2 * 2 ** 20;
/** A home folder given by mistake would take minutes. */
const MOST_ENTRIES = 100_000;

const SKIPPED_FOLDERS = new Set(
  ".git .hg .svn .tox .nox .venv venv .cache .mypy_cache .pytest_cache .ruff_cache .ipynb_checkpoints .eggs .assay-backup node_modules __pycache__ site-packages".split(
    " ",
  ),
);

/**
 * Reads what `wanted` names below a folder, or one file.
 * @throws AppError DATA_UNAVAILABLE when there is no such path, USAGE when it holds too much to be a project
 */
export function readProjectFiles(path: string, wanted: (name: string) => boolean): ProjectFiles {
  const { root, only } = openRoot(path);
  const files: ProjectFile[] = [];
  const caches: string[] = [];
  const skipped: SkippedFiles = {
    folders: 0,
    links: 0,
    binary: 0,
    tooLarge: [],
    notUtf8: [],
    unreadable: [],
  };
  let seen = 0;

  function readFile(relative: string): void {
    try {
      const bytes = readBounded(join(root, relative));
      if (bytes === undefined) return void skipped.tooLarge.push(relative);
      const text = decode(bytes);
      if (text === "binary") skipped.binary++;
      else if (text === undefined) skipped.notUtf8.push(relative);
      else files.push({ path: relative, bytes, text: text.text });
    } catch {
      skipped.unreadable.push(relative);
    }
  }

  function readFolder(folder: string): void {
    const entries = list(join(root, folder));
    if (entries === undefined) return void skipped.unreadable.push(folder);
    for (const entry of entries) {
      if (++seen > MOST_ENTRIES)
        throw new AppError("USAGE", `${path} holds more than ${MOST_ENTRIES} files.`, {
          hint: "Name the folder of one project.",
        });
      const relative = folder === "" ? entry.name : `${folder}/${entry.name}`;
      if (entry.isSymbolicLink()) skipped.links++;
      else if (entry.isDirectory()) {
        if (entry.name === ".cache") caches.push(...autogenCaches(root, relative));
        if (SKIPPED_FOLDERS.has(entry.name) || isEnvironment(join(root, relative))) skipped.folders++;
        else readFolder(relative);
      } else if (entry.isFile() && wanted(entry.name)) readFile(relative);
    }
  }

  if (only === undefined) readFolder("");
  else readFile(only);
  return { root, files, skipped, caches };
}

function openRoot(path: string): { root: string; only?: string } {
  try {
    const real = realpathSync(path);
    if (lstatSync(real).isDirectory()) return { root: real };
    return { root: dirname(real), only: basename(real) };
  } catch (cause) {
    throw new AppError(
      "DATA_UNAVAILABLE",
      `The project ${path} cannot be read: ${(cause as Error).message}.`,
      {
        hint: "Name a folder, or one file.",
        cause,
      },
    );
  }
}

/** In an order that does not depend on the disk. */
function list(folder: string) {
  try {
    return readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch {
    return undefined;
  }
}

/** A virtual environment of any name. */
function isEnvironment(folder: string): boolean {
  return lstatSync(join(folder, "pyvenv.cfg"), { throwIfNoEntry: false }) !== undefined;
}

/**
 * The bytes of a regular file, undefined when there are too many. Neither a link nor a pipe that took the
 * name's place since it was listed is opened.
 */
export function readBounded(path: string): Buffer | undefined {
  const { O_RDONLY, O_NOFOLLOW = 0, O_NONBLOCK = 0 } = constants;
  const file = openSync(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  try {
    const facts = fstatSync(file);
    if (!facts.isFile()) throw new Error("not a regular file");
    return facts.size > LARGEST_BYTES ? undefined : readFileSync(file);
  } finally {
    closeSync(file);
  }
}

/** UTF-8 is the only encoding that is written back to the byte; a byte order mark stays in the text. */
function decode(bytes: Buffer): { text: string } | "binary" | undefined {
  const isUtf16 = bytes.length > 1 && (bytes.readUInt16LE() === 0xfeff || bytes.readUInt16LE() === 0xfffe);
  if (!isUtf16 && bytes.includes(0)) return "binary";
  try {
    return { text: new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes) };
  } catch {
    return undefined;
  }
}

/** AutoGen 0.2 keeps the answers of a cache_seed in .cache/SEED/cache.db (autogen/cache/disk_cache.py). */
function autogenCaches(root: string, folder: string): readonly string[] {
  return (list(join(root, folder)) ?? [])
    .filter((entry) => entry.isDirectory() && /^\d+$/.test(entry.name))
    .map((entry) => `${folder}/${entry.name}`);
}
