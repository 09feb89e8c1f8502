/** What Ctrl-C means in a chat: during an answer the end of the answer, between answers the end of the chat. */

import { AppError, ERROR_CODES } from "../../errors.ts";
import type { CliContext } from "../context.ts";

export interface Stopper {
  /** Runs an answer's work with a signal that the first Ctrl-C aborts. */
  during<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T>;
  /** As if Ctrl-C had come as a signal; for terminals in raw mode. */
  press(): void;
  /** The chat ends: what was typed last is not answered any more. */
  isLeaving(): boolean;
}

/**
 * Takes Ctrl-C over from the command line. A second one, in an answer that is being stopped or a chat that is being
 * left, ends the process at once.
 * @param leave called by the first between answers, and when the process is told to end
 */
export function createStopper({ signal, onCtrlC }: CliContext, leave: () => void): Stopper {
  let answer: AbortController | undefined;
  let isLeaving = false;
  const press = (): true => {
    const isSecond = answer === undefined ? isLeaving : answer.signal.aborted;
    if (isSecond) process.exit(ERROR_CODES.CANCELLED.exit);
    if (answer !== undefined) answer.abort(new AppError("CANCELLED", "The answer was stopped."));
    else {
      isLeaving = true;
      leave();
    }
    return true;
  };
  onCtrlC(press);
  signal.addEventListener("abort", leave, { once: true });
  return {
    press,
    isLeaving: () => isLeaving || signal.aborted,
    async during(work) {
      answer = new AbortController();
      try {
        return await work(AbortSignal.any([answer.signal, signal]));
      } finally {
        answer = undefined;
      }
    },
  };
}
