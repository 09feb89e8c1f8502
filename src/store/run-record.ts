/** What the store keeps of a run, in the words of the rooms above it; JSON columns hold their own types. */

import type { RunEvent, RunStatus } from "../events.ts";

export interface RunRecord {
  /** Sortable and short: "mine-20261123-181500-k3f9". */
  readonly id: string;
  readonly kind: string;
  readonly status: RunStatus;
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly model: { name: string; path: string; fingerprint: string; quantisation: string };
  /** Everything the result depends on; a resume with other settings is refused (RUN_MISMATCH). */
  readonly settings: Readonly<Record<string, unknown>>;
  /** Pages stored so far. */
  readonly pages: number;
  /** Seconds of work over all sittings. */
  readonly seconds: number;
  /** Small summary for `runs list`, e.g. {tested: 12029, glitch: 431}. */
  readonly summary: Readonly<Record<string, unknown>>;
  readonly version: string;
}

export interface NewRun {
  kind: string;
  model: RunRecord["model"];
  settings: Record<string, unknown>;
}

/** A page: the unit of batch, transaction and resume. */
export interface Page {
  /** 0, 1, 2 … without gaps. */
  readonly index: number;
  readonly rows: readonly PageRow[];
  /** Seconds of work since the last page. */
  readonly seconds: number;
  readonly summary?: Record<string, unknown>;
  readonly events?: readonly RunEvent[];
}

/** One item of evidence; `key` is unique in the run, a later row of the same key replaces the earlier. */
export interface PageRow {
  readonly key: string;
  readonly data: unknown;
}

/** The right to write to one run; held by one process at a time, released by close() or death. */
export interface RunWriter {
  readonly run: RunRecord;
  /** One transaction. The page is stored wholly or not at all. */
  savePage(page: Page): Promise<void>;
  /** Read once a page: what somebody asked of this run. A resume clears it. */
  request(): Promise<"none" | "pause" | "stop">;
  /** `seconds` is work since the last page, as in Page. The store adds `run-start` and `run-end` by itself. */
  finish(
    status: RunStatus,
    result: { seconds: number; summary?: Record<string, unknown>; document?: unknown },
  ): Promise<void>;
  close(): Promise<void>;
}

export interface StoredEvent {
  readonly number: number;
  readonly run: string;
  readonly at: string;
  readonly event: RunEvent;
}

/** A run as one JSON document. Pages stay apart, so that an imported run can go on. */
export interface RunDocument {
  readonly schema: 1;
  readonly kind: "run";
  readonly run: RunRecord;
  /** `digest` is what the store compares when a page comes a second time. */
  readonly pages: readonly { digest: string; seconds: number; rows: readonly PageRow[] }[];
  readonly events: readonly { at: string; event: RunEvent }[];
  readonly document?: unknown;
}

export interface Store {
  readonly path: string;
  createRun(run: NewRun): Promise<RunWriter>;
  /** RUN_NOT_FOUND, RUN_LOCKED, RUN_MISMATCH. An id may be a unique beginning, or "last". */
  resumeRun(
    id: string,
    expect?: { fingerprint?: string; settings?: Record<string, unknown> },
  ): Promise<RunWriter>;
  findRun(id: string): Promise<RunRecord>;
  listRuns(filter?: { kind?: string; status?: RunStatus; limit?: number }): Promise<RunRecord[]>;
  /** Rows of a run in the order of pages. */
  rows(run: string): Promise<PageRow[]>;
  /** The final document that finish() stored, if any. */
  document(run: string): Promise<unknown>;
  askRun(id: string, request: "none" | "pause" | "stop"): Promise<void>;
  removeRun(id: string): Promise<void>;
  /** Events with a number above `after`, oldest first. */
  events(after: number, filter?: { run?: string; limit?: number }): Promise<StoredEvent[]>;
  /** RUN_NOT_FOUND. */
  exportRun(id: string): Promise<RunDocument>;
  /** DATA_UNAVAILABLE when the input is not an exported run, RUN_MISMATCH when the run is there already. */
  importRun(input: unknown): Promise<RunRecord>;
  close(): Promise<void>;
}
