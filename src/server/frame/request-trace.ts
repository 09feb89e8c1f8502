/** What became of one request, gathered while it is answered: for its line in the log and its place in the metrics. */

import type { AnswerUsage, GuardReport } from "../../answer/index.ts";
import { isAppError } from "../../errors.ts";

/** Filled by whoever learns it first: the frame, or the dispatch under the request's id. */
export interface RequestTrace {
  /** performance.now() when the request came. */
  readonly startedAt: number;
  /** The reply is no work but goes on as long as its reader wants: nobody waits for its end. */
  endless?: boolean;
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
  /** Resolves when there are none but endless ones, or after so many milliseconds; tells whether it is so. */
  drained(withinMs: number): Promise<boolean>;
}

/** @param now milliseconds, as performance.now() */
export function createTraceTable(now: () => number = () => performance.now()): TraceTable {
  const traces = new Map<string, RequestTrace>();
  const waiting = new Set<() => void>();
  const isDrained = () => [...traces.values()].every(({ endless }) => endless);
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
      if (waiting.size > 0 && isDrained()) for (const wake of [...waiting]) wake();
    },
    get size() {
      return traces.size;
    },
    drained(withinMs) {
      if (isDrained()) return Promise.resolve(true);
      return new Promise((resolve) => {
        const end = () => {
          clearTimeout(timer);
          waiting.delete(end);
          resolve(isDrained());
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
