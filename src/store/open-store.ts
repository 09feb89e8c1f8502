/** The store as other rooms use it: one SQLite file with runs, their evidence and what happened in them. */

import { randomInt } from "node:crypto";
import { AppError } from "../errors.ts";
import { openDatabase, type Statement } from "./database.ts";
import { migrate } from "./migrations.ts";
import { acquireLock, isHeld, lockedError, type RunLock } from "./run-lock.ts";
import type { PageRow, RunRecord, RunWriter, Store } from "./run-record.ts";
import { SELECT_RUN, toRunRecord, toStoredEvent } from "./run-rows.ts";
import { createRunWriter, insertEvents } from "./run-writer.ts";
import { firstDifference } from "./setting-difference.ts";
import { exportRun, importRun } from "./transfer-run.ts";

export interface StoreOptions {
  /** The database file; it and its folder are made when they lack. */
  path: string;
  /** Version of the program, kept with each run. @default "0.0.0" */
  version?: string;
  /** @default () => new Date() */
  clock?: () => Date;
}

/** Rows read in one call of the database, so that none blocks the event loop for long. */
const ROWS_PER_READ = 2_000;
const RUNS_PER_LIST = 1_000;
const EVENTS_PER_READ = 1_000;

/**
 * Opens the store, making or migrating its tables.
 *
 * @throws AppError STORE, DISK_FULL
 * @example
 * const store = await openStore({ path: "assay.db" });
 * const writer = await store.createRun({ kind: "mine", model, settings });
 * await writer.savePage({ index: 0, rows: [{ key: "17", data: evidence }], seconds: 0.4 });
 */
export async function openStore(options: StoreOptions): Promise<Store> {
  const { path, version = "0.0.0", clock = () => new Date() } = options;
  const database = await openDatabase(path);
  try {
    await migrate(database);
  } catch (error) {
    await database.close();
    throw error;
  }

  async function findRun(id: string): Promise<RunRecord> {
    const rows = await database.read(
      id === "last"
        ? `${SELECT_RUN} ORDER BY runs.number DESC LIMIT 1`
        : `${SELECT_RUN} WHERE substr(runs.id, 1, length(:id)) = :id AND :id <> ''
           ORDER BY runs.id = :id DESC, runs.number DESC LIMIT 3`,
      { id },
    );
    const [row, other] = rows;
    if (row === undefined) {
      throw new AppError(
        "RUN_NOT_FOUND",
        id === "last" ? "The store has no run yet." : `No run is called "${id}".`,
        {
          hint: "`assay runs list` shows the runs of this store; --store FILE chooses another one.",
          details: { path },
        },
      );
    }
    if (other !== undefined && row.id !== id) {
      throw new AppError("RUN_NOT_FOUND", `"${id}" begins the names of several runs.`, {
        hint: `Write more of it, for example ${rows.map((it) => it.id).join(" or ")}.`,
      });
    }
    return toRunRecord(row, clock());
  }

  async function begin(lock: RunLock, resumedFrom: number, statements: Statement[]): Promise<RunWriter> {
    const run = await findRun(lock.run);
    const { kind, model } = run;
    await database.write([
      ...statements,
      insertEvents(
        run.id,
        [{ type: "run-start", run: run.id, kind, model: model.name, resumedFrom }],
        clock().toISOString(),
      ),
    ]);
    return createRunWriter({ database, lock, clock, load: findRun });
  }

  return {
    path,
    findRun,

    async createRun({ kind, model, settings }) {
      const now = clock();
      const at = now.toISOString();
      const id = newRunId(kind, now);
      await database.write([
        {
          sql: `INSERT INTO runs (id, kind, status, created_at, updated_at, model, settings, summary, pages,
                  seconds, version) VALUES (?, ?, 'running', ?, ?, ?, ?, '{}', 0, 0, ?)`,
          args: [id, kind, at, at, JSON.stringify(model), JSON.stringify(settings), version],
        },
      ]);
      return begin(await acquireLock(database, id, now), 0, []);
    },

    async resumeRun(id, expect = {}) {
      const run = await findRun(id);
      refuseOther(run, expect);
      const lock = await acquireLock(database, run.id, clock());
      return begin(lock, run.pages, [
        { sql: "UPDATE runs SET status = 'running' WHERE id = ?", args: [run.id] },
        { sql: "DELETE FROM requests WHERE run = ?", args: [run.id] },
      ]);
    },

    async listRuns({ kind, status, limit = RUNS_PER_LIST } = {}) {
      const rows = await database.read(
        `${SELECT_RUN} WHERE :kind IS NULL OR kind = :kind ORDER BY runs.number DESC`,
        { kind: kind ?? null },
      );
      // The status depends on whether the writer lives, which only this side knows.
      const runs = rows.map((row) => toRunRecord(row, clock()));
      return runs.filter((run) => status === undefined || run.status === status).slice(0, limit);
    },

    async rows(run) {
      const all: PageRow[] = [];
      for (let page = -1, position = -1; ; ) {
        const rows = await database.read(
          `SELECT key, data, page, position FROM items
           WHERE run = ? AND (page, position) > (?, ?) ORDER BY page, position LIMIT ?`,
          [run, page, position, ROWS_PER_READ],
        );
        for (const row of rows) all.push({ key: String(row.key), data: JSON.parse(String(row.data)) });
        const last = rows.at(-1);
        if (last === undefined || rows.length < ROWS_PER_READ) return all;
        page = Number(last.page);
        position = Number(last.position);
      }
    },

    async document(run) {
      const [row] = await database.read("SELECT document FROM documents WHERE run = ?", [run]);
      return row === undefined ? undefined : JSON.parse(String(row.document));
    },

    async askRun(id, request) {
      const run = await findRun(id);
      await database.write([
        {
          sql: "INSERT OR REPLACE INTO requests (run, request, at) VALUES (?, ?, ?)",
          args: [run.id, request, clock().toISOString()],
        },
      ]);
    },

    async removeRun(id) {
      const run = await findRun(id);
      const [holder] = await database.read("SELECT * FROM locks WHERE run = ?", [run.id]);
      if (holder !== undefined && isHeld(holder, clock())) throw lockedError(run.id, holder);
      await database.write([{ sql: "DELETE FROM runs WHERE id = ?", args: [run.id] }]);
    },

    async events(after, { run, limit = EVENTS_PER_READ } = {}) {
      const rows = await database.read(
        `SELECT * FROM events WHERE number > :after AND (:run IS NULL OR run = :run)
         ORDER BY number LIMIT :limit`,
        { after, run: run ?? null, limit },
      );
      return rows.map(toStoredEvent);
    },

    exportRun: async (id) => exportRun(database, await findRun(id)),

    async importRun(input) {
      return findRun(await importRun(database, input));
    },

    close: () => database.close(),
  };
}

function refuseOther(
  run: RunRecord,
  expect: { fingerprint?: string; settings?: Record<string, unknown> },
): void {
  const { fingerprint, settings } = expect;
  const hint = "Begin a new run, or resume with what the run began with: `assay runs show` prints it.";
  if (fingerprint !== undefined && fingerprint !== run.model.fingerprint) {
    throw new AppError(
      "RUN_MISMATCH",
      `The run ${run.id} belongs to another model file (${run.model.name}).`,
      {
        hint,
        details: { stored: run.model.fingerprint, given: fingerprint },
      },
    );
  }
  const difference = settings === undefined ? undefined : firstDifference(run.settings, settings);
  if (difference === undefined) return;
  const { path, stored, given } = difference;
  const show = (value: unknown) => (value === undefined ? "absent" : JSON.stringify(value));
  throw new AppError(
    "RUN_MISMATCH",
    `The run ${run.id} began with ${path} = ${show(stored)}, not ${show(given)}.`,
    { hint, details: { path, stored, given } },
  );
}

/** "mine-20261123-181500-k3f9": sortable, short, and unlikely to be taken twice within a second. */
function newRunId(kind: string, now: Date): string {
  const stamp = now.toISOString().replace(/[-:]/g, "");
  const suffix = randomInt(36 ** 4)
    .toString(36)
    .padStart(4, "0");
  return `${kind}-${stamp.slice(0, 8)}-${stamp.slice(9, 15)}-${suffix}`;
}
