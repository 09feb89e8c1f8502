/** What became of one request, gathered while it is answered: for its line in the log and its place in the metrics. */

import type { AnswerUsage, GuardReport } from "../../answer/index.ts";
import { isAppError } from "../../errors.ts";

/** Filled by whoever learns it first: the frame, or the dispatch under the request's id. */
export interface RequestTrace {
  /** performance.now() when the request came. */
  readonly startedAt: number;
  /** The id of the model that answered. */
  model?: string;
  guard?: GuardReport;
  /** Why this model: the router's phrase. */
  reason?: string;
  /** Models that were tried before. */
  escalatedFrom?: readonly string[];
  usage?: AnswerUsage;
  /** Milliseconds. */
  firstTokenMs?: number;
  /** An error's code. */
  error?: string;
}

export interface TraceTable {
  /** Undefined when the id is in use: two requests must not write into one trace. */
  open(id: string): RequestTrace | undefined;
  find(id: string): RequestTrace | undefined;
  close(id: string): void;
  /** Requests that are being answered. */
  readonly size: number;
  /** Resolves when none is, or after so many milliseconds; tells whether none is. */
  drained(withinMs: number): Promise<boolean>;
}

/** @param now milliseconds, as performance.now() */
export function createTraceTable(now: () => number = () => performance.now()): TraceTable {
  const traces = new Map<string, RequestTrace>();
  const waiting = new Set<() => void>();
  return {
    open(id) {
      if (traces.has(id)) return undefined;
      const trace: RequestTrace = { startedAt: now() };
      traces.set(id, trace);
      return trace;
    },
    find: (id) => traces.get(id),
    close(id) {
      traces.delete(id);
      if (traces.size === 0) for (const wake of [...waiting]) wake();
    },
    get size() {
      return traces.size;
    },
    drained(withinMs) {
      if (traces.size === 0) return Promise.resolve(true);
      return new Promise((resolve) => {
        const end = () => {
          clearTimeout(timer);
          waiting.delete(end);
          resolve(traces.size === 0);
        };
        const timer = setTimeout(end, withinMs);
        waiting.add(end);
      });
    },
  };
}

/** "BUG" for what is no AppError. */
export function codeOf(error: unknown): string {
  return isAppError(error) ? error.code : "BUG";
}
