/** The child process as such: how it is started, what it says, and how it ended. */

import { type ChildProcess, fork } from "node:child_process";
import { extname } from "node:path";
import { fileURLToPath } from "node:url";
import { environmentWithoutSecrets } from "../../config.ts";
import { AppError } from "../../errors.ts";
import type { ChildMessage, ParentMessage } from "./runner-protocol.ts";

/** How a process ended. */
export interface ProcessEnd {
  /** "SIGKILL", "status 1". */
  readonly how: string;
  /** The last that it wrote to stderr, as it came. */
  readonly stderr: string;
}

export interface RunnerProcess {
  readonly pid: number;
  /** @throws DataCloneError for what cannot be sent */
  send(messages: readonly ParentMessage[]): void;
  kill(): void;
  /** Resolves, never rejects, when the process is gone and everything it said has been handed over. */
  readonly ended: Promise<ProcessEnd>;
}

export interface RunnerProcessOptions {
  /** @default those of this process */
  readonly execArgv?: readonly string[] | undefined;
  onMessage(message: ChildMessage): void;
}

const STDERR_CHARACTERS = 4_096;
/** Something that the process started could hold its stderr open; its end is told without that. */
const DRAIN_MS = 500;

/**
 * Starts the program in runner-child.ts.
 * @throws MODEL_LOAD when the system starts no process
 */
export function startRunnerProcess({ execArgv, onMessage }: RunnerProcessOptions): RunnerProcess {
  const child = startChild(execArgv);
  let stderr = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    stderr = (stderr + text).slice(-STDERR_CHARACTERS);
  });
  child.on("message", onMessage);
  const ended = new Promise<ProcessEnd>((resolve) => {
    const end = (status: number | null, signal: NodeJS.Signals | null) =>
      resolve({ how: signal ?? `status ${status}`, stderr });
    child.on("close", end);
    child.on("exit", (status, signal) => setTimeout(end, DRAIN_MS, status, signal).unref());
    // A message that finds nobody is an error too; only a start that failed ends here.
    child.on("error", ({ message }) => child.pid === undefined && resolve({ how: message, stderr }));
  });
  return {
    pid: child.pid ?? 0,
    send(messages) {
      // Where the process is gone, `ended` tells it.
      if (child.connected) child.send([...messages], () => undefined);
    },
    kill: () => void child.kill("SIGKILL"),
    ended,
  };
}

function startChild(execArgv: readonly string[] | undefined): ChildProcess {
  // The same extension as this file: TypeScript under tsx, JavaScript once built.
  const path = fileURLToPath(new URL(`./runner-child${extname(import.meta.url)}`, import.meta.url));
  try {
    return fork(path, {
      stdio: ["ignore", "ignore", "pipe", "ipc"],
      // Typed arrays, maps, NaN and -Infinity arrive as they are.
      serialization: "advanced",
      env: environmentWithoutSecrets(),
      ...(execArgv && { execArgv: [...execArgv] }),
    });
  } catch (cause) {
    throw new AppError(
      "MODEL_LOAD",
      `No process can be started for the model: ${(cause as Error).message}.`,
      {
        hint: "The system is short of memory, processes or files; `assay doctor` shows what is free.",
        cause,
      },
    );
  }
}
