/** Rows of the database -> the records that other rooms see. */

import type { RunStatus } from "../events.ts";
import type { Row } from "./database.ts";
import { isHeld } from "./run-lock.ts";
import type { RunRecord, StoredEvent } from "./run-record.ts";

/** A run with its lock's columns beside it, for `toRunRecord`. */
export const SELECT_RUN = `SELECT runs.*, token, pid, host, boot, started, touched
  FROM runs LEFT JOIN locks ON locks.run = runs.id`;

export function toRunRecord(row: Row, now: Date): RunRecord {
  const stored = String(row.status) as RunStatus;
  // A killed writer could not say that it ended: what claims to run without a living writer was interrupted.
  const orphaned = stored === "running" && (row.token === null || !isHeld(row, now));
  return {
    id: String(row.id),
    kind: String(row.kind),
    status: orphaned ? "interrupted" : stored,
    createdAt: String(row.created_at),
    updatedAt: String(row.updated_at),
    model: JSON.parse(String(row.model)),
    settings: JSON.parse(String(row.settings)),
    pages: Number(row.pages),
    seconds: Number(row.seconds),
    summary: JSON.parse(String(row.summary)),
    version: String(row.version),
  };
}

export function toStoredEvent(row: Row): StoredEvent {
  return {
    number: Number(row.number),
    run: String(row.run),
    at: String(row.at),
    event: JSON.parse(String(row.event)),
  };
}
