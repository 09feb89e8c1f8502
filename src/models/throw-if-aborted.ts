import { AppError } from "../errors.ts";

/** Ends work whose signal was aborted. @throws CANCELLED */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new AppError("CANCELLED", "The work was stopped.", { cause: signal.reason });
}
