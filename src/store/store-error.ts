/** Turns what SQLite says into the AppError that a reader can act on. */

import { AppError, isAppError } from "../errors.ts";

interface Failure {
  readonly code: "STORE" | "DISK_FULL";
  readonly message: string;
  readonly hint: string;
}

// Base result codes, https://sqlite.org/rescode.html; libSQL puts them in `code`.
const FAILURES: Readonly<Record<string, Failure>> = {
  SQLITE_FULL: {
    code: "DISK_FULL",
    message: "has no room left on its disk",
    hint: "Free some space and go on with `assay runs resume last`; every page stored before is safe.",
  },
  SQLITE_IOERR: {
    code: "STORE",
    message: "could not be read or written by the system",
    hint: "Check the disk (space, quota, connection), or choose another place with --store FILE.",
  },
  SQLITE_READONLY: {
    code: "STORE",
    message: "may not be written",
    hint: "Change its permissions, or choose another place with --store FILE.",
  },
  SQLITE_PERM: {
    code: "STORE",
    message: "may not be opened",
    hint: "Change its permissions, or choose another place with --store FILE.",
  },
  SQLITE_CANTOPEN: {
    code: "STORE",
    message: "cannot be opened",
    hint: "Check that its folder exists and may be written, or choose another place with --store FILE.",
  },
  SQLITE_CORRUPT: {
    code: "STORE",
    message: "is damaged",
    hint: "Move the file away; what is readable can be saved with `sqlite3 FILE .recover`.",
  },
  SQLITE_NOTADB: {
    code: "STORE",
    message: "is not a database",
    hint: "Choose another file with --store FILE, or move this one away.",
  },
  SQLITE_BUSY: {
    code: "STORE",
    message: "is locked by another program",
    hint: "Wait for that program or end it, then try again; nothing stored is lost.",
  },
};

/** Base code of a libSQL error, "SQLITE_BUSY" and the like; undefined for anything else. */
export function sqliteCode(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  // Opening fails outside libSQL's own error class, with the number at the end of the message.
  if (/Unable to open connection/.test(error.message)) return "SQLITE_CANTOPEN";
  const code = (error as { code?: unknown }).code;
  return typeof code === "string" && code.startsWith("SQLITE_") ? code : undefined;
}

/** The AppError for a failure of the store at `path`; errors that SQLite did not raise come back unchanged. */
export function storeError(error: unknown, path: string): unknown {
  if (isAppError(error)) return error;
  const code = sqliteCode(error);
  if (code === undefined) return error;
  const failure = FAILURES[code === "SQLITE_LOCKED" ? "SQLITE_BUSY" : code];
  const details = { path, sqlite: code };
  if (failure === undefined) {
    return new AppError("STORE", `The store ${path} failed: ${(error as Error).message}`, {
      hint: "Run `assay doctor`, which also checks the store.",
      details,
      cause: error,
    });
  }
  return new AppError(failure.code, `The store ${path} ${failure.message}.`, {
    hint: failure.hint,
    details,
    cause: error,
  });
}
