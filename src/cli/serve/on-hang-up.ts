/** SIGHUP: what services use to have their settings read again. */

import type { CliContext } from "../context.ts";

export interface HangUpListener {
  close(): void;
}

/**
 * Runs `reload` at each SIGHUP, one after the other; what fails is logged and leaves everything as it was. Where a
 * terminal started the server the signal means that the terminal is gone, and the default holds: the process ends.
 * @param reload tells what is served now
 */
export function onHangUp({ logger }: CliContext, reload: () => Promise<readonly string[]>): HangUpListener {
  if (process.stdin.isTTY) return { close() {} };
  let last: Promise<void> = Promise.resolve();
  const listener = () => {
    last = last.then(async () => {
      try {
        const served = await reload();
        logger.info(`Settings were read again. Served: ${served.join(", ")}.`);
      } catch (error) {
        logger.error(`Settings were not taken, the old ones hold: ${(error as Error).message}`);
      }
    });
  };
  process.on("SIGHUP", listener);
  return { close: () => process.off("SIGHUP", listener) };
}
