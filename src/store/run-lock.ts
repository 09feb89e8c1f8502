/**
 * One writer a run: a row names the process. A dead holder's row is taken over; a holder that lost its row
 * notices at its next page, because every write is conditional on its token.
 */

import { randomUUID } from "node:crypto";
import { AppError } from "../errors.ts";
import { currentProcess, liveness } from "../process-identity.ts";
import type { Database, Row } from "./database.ts";

/**
 * A holder that cannot be looked at (another machine or container) counts as gone after this long without a
 * page. Pages take seconds; taking over wrongly loses nothing but the other's next page.
 */
const ABANDONED_AFTER_MS = 15 * 60_000;

export interface RunLock {
  readonly run: string;
  /** Secret of this holder; part of the condition of each of its writes. */
  readonly token: string;
}

/**
 * Takes the run's lock for this process.
 * @throws AppError RUN_LOCKED
 */
export async function acquireLock(database: Database, run: string, now: Date): Promise<RunLock> {
  const [held] = await database.read("SELECT * FROM locks WHERE run = ?", [run]);
  if (held !== undefined && isHeld(held, now)) throw lockedError(run, held);
  const me = currentProcess();
  const token = randomUUID();
  const at = now.toISOString();
  const [result] = await database.write([
    {
      // The condition makes two processes that saw the same dead holder agree on one of them.
      sql: `INSERT INTO locks (run, token, pid, host, boot, started, since, touched)
            VALUES (:run, :token, :pid, :host, :boot, :started, :at, :at)
            ON CONFLICT (run) DO UPDATE SET token = :token, pid = :pid, host = :host, boot = :boot,
              started = :started, since = :at, touched = :at
            WHERE token = :seen`,
      args: { run, token, ...me, at, seen: held === undefined ? "" : String(held.token) },
    },
  ]);
  if (result?.rowsAffected !== 1) {
    const [winner] = await database.read("SELECT * FROM locks WHERE run = ?", [run]);
    throw lockedError(run, winner);
  }
  return { run, token };
}

/** Gives the lock back; one that was lost to another process stays with it. */
export async function releaseLock(database: Database, lock: RunLock): Promise<void> {
  await database.write([
    { sql: "DELETE FROM locks WHERE run = ? AND token = ?", args: [lock.run, lock.token] },
  ]);
}

/** Whether the process in a row of `locks` may still write. */
export function isHeld(row: Row, now: Date): boolean {
  const state = liveness({
    pid: Number(row.pid),
    host: String(row.host),
    boot: String(row.boot),
    started: String(row.started),
  });
  if (state !== "unknown") return state === "alive";
  return now.getTime() - Date.parse(String(row.touched)) < ABANDONED_AFTER_MS;
}

/** RUN_LOCKED with the holder's process and since when, as far as known. */
export function lockedError(run: string, holder: Row | undefined): AppError {
  const who =
    holder === undefined
      ? "another process"
      : `process ${holder.pid} on ${holder.host} since ${holder.since}`;
  return new AppError("RUN_LOCKED", `The run ${run} is being written by ${who}.`, {
    hint: "Wait for it, or stop that process with Ctrl-C; the run can then go on.",
    details:
      holder === undefined
        ? { run }
        : { run, pid: Number(holder.pid), host: holder.host, since: holder.since },
  });
}
