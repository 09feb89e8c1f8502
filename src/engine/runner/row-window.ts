/** How many rows of distributions may be under way: a reader that is slow must not fill the memory of its process. */

import { AppError } from "../../errors.ts";

/** Bytes of rows that may be under way for one call. */
const WINDOW_BYTES = 8 * 2 ** 20;

export interface RowWindow {
  /**
   * Waits until one more row may go.
   * @throws CANCELLED when the call is stopped while it waits
   */
  pass(): Promise<void>;
  /** So many rows were taken at the other end. */
  widen(rows: number): void;
}

/** Rows of a vocabulary that fit into the window; at least two, so that one is made while one is read. */
export function windowRows(vocabulary: number): number {
  return Math.max(2, Math.floor(WINDOW_BYTES / (4 * vocabulary)));
}

/** Creates a window for one call. */
export function createRowWindow(rows: number, signal: AbortSignal): RowWindow {
  let free = rows;
  let wake: (() => void) | undefined;
  signal.addEventListener("abort", () => wake?.(), { once: true });
  return {
    async pass() {
      while (free === 0 && !signal.aborted)
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      if (signal.aborted) throw new AppError("CANCELLED", "The request was stopped.");
      free--;
    },
    widen(more) {
      free += more;
      wake?.();
    },
  };
}
