/** Ctrl-C: the first asks the work to save and stop, the second ends at once. */

import { AppError, ERROR_CODES } from "../errors.ts";

export interface Interrupt {
  /** Aborted with CANCELLED by the first signal. */
  readonly signal: AbortSignal;
  close(): void;
}

/** Listens for SIGINT and SIGTERM until closed. */
export function listenForInterrupt(note: (line: string) => void): Interrupt {
  const controller = new AbortController();
  const onSignal = () => {
    if (controller.signal.aborted) process.exit(ERROR_CODES.CANCELLED.exit);
    note("Stopping; what is finished is saved. Press Ctrl-C again to end at once.");
    controller.abort(new AppError("CANCELLED", "Stopped."));
  };
  process.on("SIGINT", onSignal);
  process.on("SIGTERM", onSignal);
  return {
    signal: controller.signal,
    close() {
      process.off("SIGINT", onSignal);
      process.off("SIGTERM", onSignal);
    },
  };
}
