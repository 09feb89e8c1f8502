/** The tables, as numbered steps. A step that was released is never changed; a new one is added. */

import { AppError } from "../errors.ts";
import type { Database } from "./database.ts";

/** Written into the file's header, so that another program's database is never taken for a store. */
const APPLICATION_ID = 0x61_73_73_61; // "assa"

/** `MIGRATIONS[n]` leads from version n to n + 1. */
export const MIGRATIONS: readonly (readonly string[])[] = [
  [
    `CREATE TABLE runs (
      number INTEGER PRIMARY KEY AUTOINCREMENT,
      id TEXT NOT NULL UNIQUE,
      kind TEXT NOT NULL,
      status TEXT NOT NULL,
      created_at TEXT NOT NULL,
      updated_at TEXT NOT NULL,
      model TEXT NOT NULL,
      settings TEXT NOT NULL,
      summary TEXT NOT NULL,
      pages INTEGER NOT NULL,
      seconds REAL NOT NULL,
      version TEXT NOT NULL
    ) STRICT`,
    `CREATE TABLE pages (
      run TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
      page INTEGER NOT NULL,
      digest TEXT NOT NULL,
      seconds REAL NOT NULL,
      PRIMARY KEY (run, page)
    ) STRICT, WITHOUT ROWID`,
    `CREATE TABLE items (
      run TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
      key TEXT NOT NULL,
      page INTEGER NOT NULL,
      position INTEGER NOT NULL,
      data TEXT NOT NULL,
      PRIMARY KEY (run, key)
    ) STRICT, WITHOUT ROWID`,
    "CREATE INDEX items_in_order ON items (run, page, position)",
    // AUTOINCREMENT: a number is never used again, so a reader that remembers the last one misses nothing.
    `CREATE TABLE events (
      number INTEGER PRIMARY KEY AUTOINCREMENT,
      run TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
      at TEXT NOT NULL,
      event TEXT NOT NULL
    ) STRICT`,
    "CREATE INDEX events_of_run ON events (run, number)",
    `CREATE TABLE locks (
      run TEXT PRIMARY KEY REFERENCES runs (id) ON DELETE CASCADE,
      token TEXT NOT NULL,
      pid INTEGER NOT NULL,
      host TEXT NOT NULL,
      boot TEXT NOT NULL,
      started TEXT NOT NULL,
      since TEXT NOT NULL,
      touched TEXT NOT NULL
    ) STRICT`,
    `CREATE TABLE requests (
      run TEXT PRIMARY KEY REFERENCES runs (id) ON DELETE CASCADE,
      request TEXT NOT NULL,
      at TEXT NOT NULL
    ) STRICT`,
    `CREATE TABLE documents (
      run TEXT PRIMARY KEY REFERENCES runs (id) ON DELETE CASCADE,
      document TEXT NOT NULL
    ) STRICT`,
  ],
];

/** Version of the tables that this program writes. */
export const SCHEMA_VERSION = MIGRATIONS.length;

/**
 * Brings the tables to the newest version, one transaction a step.
 *
 * @param migrations the steps that are known; tests take some away or add one
 * @throws AppError STORE when the file belongs to another program or to a newer version of this one
 */
export async function migrate(database: Database, migrations = MIGRATIONS): Promise<void> {
  const newest = migrations.length;
  for (let version = await readVersion(database, newest); version < newest; ) {
    const header = [`PRAGMA user_version = ${version + 1}`, `PRAGMA application_id = ${APPLICATION_ID}`];
    const steps = [isStill(version), ...migrations[version]!, ...header];
    try {
      await database.write(steps.map((sql) => ({ sql })));
    } catch (error) {
      // Another process may have taken the same step since we looked; its transaction was whole.
      if ((await readVersion(database, newest)) <= version) throw error;
    }
    version = await readVersion(database, newest);
  }
}

/** A batch cannot branch, but it fails as a whole: JSON that is none stands where the version is another one. */
function isStill(version: number): string {
  return `SELECT CASE WHEN user_version <> ${version} THEN json('another version') END FROM pragma_user_version`;
}

async function readVersion(database: Database, newest: number): Promise<number> {
  const [row] = await database.read(
    `SELECT (SELECT user_version FROM pragma_user_version) AS version,
            (SELECT application_id FROM pragma_application_id) AS application,
            (SELECT count(*) FROM sqlite_schema) AS objects`,
  );
  const version = Number(row?.version);
  if (Number(row?.application) !== APPLICATION_ID && (version !== 0 || Number(row?.objects) > 0)) {
    throw new AppError("STORE", `The file ${database.path} is a database of another program.`, {
      hint: "Choose another file with --store FILE.",
    });
  }
  if (version > newest) {
    throw new AppError(
      "STORE",
      `The store ${database.path} was written by a newer version (tables ${version}, known here ${newest}).`,
      { hint: "Update assay, or choose another file with --store FILE." },
    );
  }
  return version;
}
