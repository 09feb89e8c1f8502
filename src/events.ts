/**
 * What long work tells while it runs. One stream feeds the progress bar, the store and, later, the page.
 * Names are noun-verb; counts are absolute, so a lost event costs nothing.
 */

export type RunEvent =
  | { type: "run-start"; run: string; kind: string; model: string; resumedFrom: number }
  /** A stage is a part of a run with its own progress: "indicators", "census", "validation". */
  | { type: "stage-start"; stage: string; total: number; unit: string; done: number }
  | {
      type: "stage-progress";
      stage: string;
      done: number;
      total: number;
      found?: number;
      /** How many there are to be found, by an estimate of a moment ago, with its interval. */
      expected?: { estimate: number; low: number; high: number };
    }
  | { type: "stage-end"; stage: string; done: number; seconds: number; note?: string }
  /** Something the reader should know but that does not stop the run: a template dropped, a flag without meaning. */
  | { type: "run-note"; message: string }
  | { type: "run-end"; run: string; status: RunStatus };

export const RUN_STATUSES = ["running", "paused", "interrupted", "partial", "done", "failed"] as const;
export type RunStatus = (typeof RUN_STATUSES)[number];

export type EventSink = (event: RunEvent) => void;
