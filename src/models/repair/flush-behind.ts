/** Sends what is written to the disk while more is being written, so that the wait at the end is short. */

import { open } from "node:fs/promises";

export interface FlushBehind {
  /** Begins a flush unless one is under way. */
  poke(): void;
  /** Waits for the one under way; its failures are left to the flush at the end, which everything waits for. */
  end(): Promise<void>;
}

/** @param path a file that is being written by somebody else */
export function flushBehind(path: string): FlushBehind {
  let running: Promise<void> | undefined;
  const flush = async () => {
    const file = await open(path, "r+");
    try {
      await file.datasync();
    } finally {
      await file.close();
    }
  };
  return {
    poke() {
      running ??= flush()
        .catch(() => undefined)
        .finally(() => {
          running = undefined;
        });
    },
    async end() {
      await running;
    },
  };
}
