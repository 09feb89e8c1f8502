/** The time that a caller gives: one signal for everything done for him, and an error that says which it was. */

import { AppError, isAppError } from "../../errors.ts";

export interface Deadline {
  /** Aborted by the caller, or by time. */
  readonly signal: AbortSignal;
  /** What an error of the work means: DEADLINE where time was the reason, else the error itself. */
  explain(error: unknown): unknown;
  /** Ends the clock. */
  clear(): void;
}

/** @param milliseconds from now on; undefined: no limit */
export function createDeadline(caller: AbortSignal | undefined, milliseconds: number | undefined): Deadline {
  const late = new AbortController();
  const timer =
    milliseconds === undefined
      ? undefined
      : setTimeout(() => late.abort(expired(milliseconds)), milliseconds);
  // A request that waits must not keep a process alive that is told to end.
  timer?.unref();
  return {
    signal: caller ? AbortSignal.any([caller, late.signal]) : late.signal,
    explain(error) {
      const stopped = isAppError(error)
        ? error.code === "CANCELLED"
        : (error as Error)?.name === "AbortError";
      return late.signal.aborted && (stopped || error === late.signal.reason) ? late.signal.reason : error;
    },
    clear: () => clearTimeout(timer),
  };
}

function expired(milliseconds: number): AppError {
  return new AppError("DEADLINE", `The answer was not ready within ${milliseconds} ms.`, {
    hint: "Give more time in x-deadline-ms, or ask for fewer tokens.",
    details: { deadlineMs: milliseconds },
  });
}
