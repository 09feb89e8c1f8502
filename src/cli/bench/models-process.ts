/**
 * A measurement in a process of its own: its load time and peak memory are its own, and a crash of the native code
 * costs one measurement. This end starts it; models-serve.ts is the other end.
 */

import { fork } from "node:child_process";
import { extname } from "node:path";
import { fileURLToPath } from "node:url";
import { AppError, type ErrorCode } from "../../errors.ts";
import type { EventSink, RunEvent } from "../../events.ts";
import { visibleToken } from "../../visible-token.ts";

/** What the child says. */
export type ChildMessage<R> =
  | { readonly type: "event"; readonly event: RunEvent }
  | { readonly type: "result"; readonly result: R }
  | {
      readonly type: "error";
      readonly error: { code: ErrorCode | "BUG"; message: string; hint?: string | undefined };
    };

/** What it is told. */
export type ParentMessage<J> = { readonly type: "job"; readonly job: J } | { readonly type: "stop" };

export interface ProcessOptions {
  readonly signal: AbortSignal;
  readonly onEvent: EventSink;
  /** Arguments of Node for the child. @default those of this process */
  readonly execArgv?: readonly string[];
  /** Milliseconds that a stopped child has to save what it has. @default 10 s */
  readonly graceMs?: number;
}

/** Long enough to save a page, short enough to be waited for. */
const GRACE_MS = 10_000;

/**
 * Runs a job in a child process.
 * @param script without its extension, as seen from this folder
 * @param job plain JSON
 * @throws what the job threw, if it was an AppError; MODEL_LOAD if the process ended without an answer; CANCELLED
 */
export async function runInProcess<R>(
  script: string,
  job: object,
  { signal, onEvent, execArgv = process.execArgv, graceMs = GRACE_MS }: ProcessOptions,
): Promise<R> {
  if (signal.aborted) throw stopped();
  // The same extension as this file: TypeScript under tsx, JavaScript once built.
  const path = fileURLToPath(new URL(`${script}${extname(import.meta.url)}`, import.meta.url));
  const child = fork(path, { stdio: ["ignore", "ignore", "pipe", "ipc"], execArgv: [...execArgv] });
  let trouble = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => (trouble = (trouble + text).slice(-4_096)));
  let grace: NodeJS.Timeout | undefined;
  const onAbort = () => {
    child.send({ type: "stop" }, () => undefined);
    grace = setTimeout(() => child.kill("SIGKILL"), graceMs);
  };
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    return await new Promise<R>((resolve, reject) => {
      child.on("message", (message: ChildMessage<R>) => {
        if (message.type === "event") onEvent(message.event);
        else if (message.type === "result") resolve(message.result);
        else reject(signal.aborted ? stopped() : revive(message.error));
      });
      child.on("error", reject);
      child.on("close", (status, name) =>
        reject(signal.aborted ? stopped() : endedEarly(name ?? `status ${status}`, trouble)),
      );
      child.send({ type: "job", job }, (error) => error && child.kill("SIGKILL"));
    });
  } finally {
    clearTimeout(grace);
    signal.removeEventListener("abort", onAbort);
    if (child.connected) child.disconnect();
  }
}

function revive({ code, message, hint }: Extract<ChildMessage<never>, { type: "error" }>["error"]): Error {
  return code === "BUG" ? new Error(message) : new AppError(code, message, { hint });
}

function endedEarly(how: string, trouble: string): AppError {
  const last = visibleToken(trouble.trim().split("\n").at(-1) ?? "").trim();
  return new AppError(
    "MODEL_LOAD",
    `The process of the model ended with ${how}${last === "" ? "" : `: ${last}`}.`,
    { hint: "SIGKILL is often the system's, for lack of memory; `assay doctor` shows what is free." },
  );
}

function stopped(): AppError {
  return new AppError("CANCELLED", "The measurement was stopped.");
}
