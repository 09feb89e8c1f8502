/** The child's end of runInProcess(): does one job, tells what happens, and ends when the parent is gone. */

import { AppError, isAppError } from "../../errors.ts";
import type { EventSink } from "../../events.ts";
import type { ChildMessage, ParentMessage } from "./models-process.ts";

/** Waits for the job and does it; anything that is no AppError is told as a bug, with its stack. */
export function serveJob<J, R>(
  work: (job: J, tools: { signal: AbortSignal; onEvent: EventSink }) => Promise<R>,
): void {
  const controller = new AbortController();
  const tell = (message: ChildMessage<R>, then?: () => void) =>
    process.connected ? process.send?.(message, undefined, undefined, then) : then?.();
  const end = () => process.disconnect();
  const stop = () => controller.abort(new AppError("CANCELLED", "The measurement was stopped."));
  // Ctrl-C reaches the whole group; the parent decides what it means.
  process.on("SIGINT", () => undefined);
  process.on("SIGTERM", stop);
  // Ours at the end, or that of a parent that was killed: nobody is left to measure for.
  process.on("disconnect", () => process.exit());
  process.on("message", (message: ParentMessage<J>) => {
    if (message.type === "stop") return stop();
    work(message.job, {
      signal: controller.signal,
      onEvent: (event) => void tell({ type: "event", event }),
    }).then(
      (result) => tell({ type: "result", result }, end),
      (error) => tell({ type: "error", error: described(error) }, end),
    );
  });
}

function described(error: unknown): Extract<ChildMessage<never>, { type: "error" }>["error"] {
  if (isAppError(error)) return { code: error.code, message: error.message, hint: error.hint };
  return { code: "BUG", message: error instanceof Error ? (error.stack ?? error.message) : String(error) };
}
