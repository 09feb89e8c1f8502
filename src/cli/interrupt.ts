/** Ctrl-C: the first asks the work to save and stop, the second ends at once. */

import { AppError, ERROR_CODES } from "../errors.ts";

export interface Interrupt {
  /** Aborted with CANCELLED by the first signal. */
  readonly signal: AbortSignal;
  /** Who talks with a user decides first what Ctrl-C means: SIGINT goes to `handle`, and on where it says false. */
  onCtrlC(handle: () => boolean): void;
  close(): void;
}

const SAVED = "Stopping; what is finished is saved. Press Ctrl-C again to end at once.";

/**
 * Listens for SIGINT and SIGTERM until closed.
 * @param message said at the first signal
 */
export function listenForInterrupt(note: (line: string) => void, message = SAVED): Interrupt {
  const controller = new AbortController();
  let handle: (() => boolean) | undefined;
  const onSignal = (name: NodeJS.Signals) => {
    if (name === "SIGINT" && handle?.()) return;
    if (controller.signal.aborted) process.exit(ERROR_CODES.CANCELLED.exit);
    note(message);
    controller.abort(new AppError("CANCELLED", "Stopped."));
  };
  process.on("SIGINT", onSignal);
  process.on("SIGTERM", onSignal);
  return {
    signal: controller.signal,
    onCtrlC(given) {
      handle = given;
    },
    close() {
      process.off("SIGINT", onSignal);
      process.off("SIGTERM", onSignal);
    },
  };
}
