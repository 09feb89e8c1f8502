/** Writing one run: pages, requests, the end. Everything is conditional on the lock that was taken. */

import { createHash } from "node:crypto";
import { AppError, isAppError } from "../errors.ts";
import type { RunEvent } from "../events.ts";
import type { Database, Statement } from "./database.ts";
import { lockedError, type RunLock, releaseLock } from "./run-lock.ts";
import type { Page, RunRecord, RunWriter } from "./run-record.ts";

export interface WriterOptions {
  readonly database: Database;
  readonly lock: RunLock;
  readonly clock: () => Date;
  readonly load: (id: string) => Promise<RunRecord>;
}

/** The writer of a run whose lock is held by this process. */
export async function createRunWriter({ database, lock, clock, load }: WriterOptions): Promise<RunWriter> {
  const id = lock.run;
  let run = await load(id);
  let closed = false;

  /** All statements, or none and the reason why this writer may not write. */
  async function write(statements: readonly Statement[]): Promise<void> {
    const at = clock().toISOString();
    const touch = { sql: "UPDATE locks SET touched = ? WHERE run = ?", args: [at, id] };
    try {
      await database.write([holdsLock(lock, at), ...statements, touch]);
    } catch (error) {
      if (!isConstraint(error)) throw error;
      await load(id); // RUN_NOT_FOUND when somebody removed it
      const [holder] = await database.read("SELECT * FROM locks WHERE run = ?", [id]);
      if (holder?.token !== lock.token) throw lockedError(id, holder);
      throw error;
    }
    run = await load(id);
  }

  return {
    get run() {
      return run;
    },

    async savePage(page) {
      const digest = digestOf(page);
      if (page.index < run.pages) {
        const [stored] = await database.read("SELECT digest FROM pages WHERE run = ? AND page = ?", [
          id,
          page.index,
        ]);
        if (stored?.digest === digest) return;
        throw new AppError(
          "RUN_MISMATCH",
          `Page ${page.index} of the run ${id} is stored with other content.`,
          {
            hint: "The model or its settings have changed since; begin a new run.",
          },
        );
      }
      if (page.index !== run.pages) {
        throw new RangeError(`expected page ${run.pages} of ${id}, got ${page.index}`);
      }
      await write(pageStatements(id, page, digest, clock().toISOString()));
    },

    async request() {
      const [row] = await database.read("SELECT request FROM requests WHERE run = ?", [id]);
      return (row?.request ?? "none") as "none" | "pause" | "stop";
    },

    async finish(status, { seconds, summary, document }) {
      const at = clock().toISOString();
      const statements: Statement[] = [
        {
          sql: "UPDATE runs SET status = ?, seconds = seconds + ?, summary = coalesce(?, summary) WHERE id = ?",
          args: [status, seconds, toJson(summary), id],
        },
        { sql: "DELETE FROM requests WHERE run = ?", args: [id] },
        insertEvents(id, [{ type: "run-end", run: id, status }], at),
      ];
      if (document !== undefined) {
        statements.push({
          sql: "INSERT OR REPLACE INTO documents (run, document) VALUES (?, ?)",
          args: [id, JSON.stringify(document)],
        });
      }
      await write(statements);
    },

    async close() {
      if (closed) return;
      closed = true;
      await releaseLock(database, lock);
    },
  };
}

/** Adds events to a run's log. */
export function insertEvents(run: string, events: readonly RunEvent[], at: string): Statement {
  return {
    sql: "INSERT INTO events (run, at, event) SELECT ?, ?, value FROM json_each(?) ORDER BY key",
    args: [run, at, JSON.stringify(events)],
  };
}

/** The rows of one page, in one insert whatever their number. */
export function insertItems(run: string, index: number, rows: Page["rows"]): Statement {
  return {
    // `->` keeps each value as JSON text, so that a string and a number come back as what they were.
    sql: `INSERT OR REPLACE INTO items (run, page, position, key, data)
          SELECT ?, ?, key, value ->> '$[0]', value -> '$[1]' FROM json_each(?) ORDER BY key`,
    args: [run, index, JSON.stringify(rows.map((row) => [row.key, row.data ?? null]))],
  };
}

function pageStatements(id: string, page: Page, digest: string, at: string): Statement[] {
  return [
    {
      sql: "INSERT INTO pages (run, page, digest, seconds) VALUES (?, ?, ?, ?)",
      args: [id, page.index, digest, page.seconds],
    },
    insertItems(id, page.index, page.rows),
    // The beginning and end of a sitting are told by the store itself, whoever does the work.
    insertEvents(
      id,
      (page.events ?? []).filter(({ type }) => type !== "run-start" && type !== "run-end"),
      at,
    ),
    {
      sql: "UPDATE runs SET pages = pages + 1, seconds = seconds + ?, summary = coalesce(?, summary) WHERE id = ?",
      args: [page.seconds, toJson(page.summary), id],
    },
  ];
}

/**
 * A batch cannot branch, but it fails as a whole: without the lock this sets NULL where none is allowed.
 * It finds no row when the run was removed; the inserts after it then break their foreign key.
 */
function holdsLock(lock: RunLock, at: string): Statement {
  return {
    sql: `UPDATE runs SET updated_at = CASE
            WHEN EXISTS (SELECT 1 FROM locks WHERE run = runs.id AND token = ?) THEN ? END
          WHERE id = ?`,
    args: [lock.token, at, lock.run],
  };
}

function isConstraint(error: unknown): boolean {
  return isAppError(error) && error.details?.sqlite === "SQLITE_CONSTRAINT";
}

/** What a page says about its items; its events and times may differ when work is done again. */
function digestOf(page: Page): string {
  return createHash("sha256").update(JSON.stringify(page.rows)).digest("hex");
}

function toJson(value: unknown): string | null {
  return value === undefined ? null : JSON.stringify(value);
}
