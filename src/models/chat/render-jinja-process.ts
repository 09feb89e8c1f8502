/**
 * One renderer, as a process. A worker thread would be cheaper and will not do: when a template asks for one array
 * or one text beyond the thread's heap limit (range(100000000); a text doubled 27 times and put in capitals), V8 ends
 * the whole process with it, whatever resourceLimits say (Node 20.20).
 */

import { type ChildProcess, spawn } from "node:child_process";
import { createRequire } from "node:module";
import { RENDER_PROGRAM, type RenderMessage, type RenderRequest } from "./render-jinja-program.ts";

export interface RenderJob {
  /** Jinja source. */
  readonly template: string;
  /** JSON. */
  readonly values: string;
  readonly timeoutMs: number;
}

/** How a rendering ended. */
export type Rendering =
  | Exclude<RenderMessage, { type: "ready" }>
  /** Its process ended over it: "SIGABRT", "status 134". */
  | { readonly type: "lost"; readonly how: string; readonly isMemory: boolean };

export interface JinjaProcess {
  readonly pid: number | undefined;
  /** Whether it can begin; false where the process could not be started. */
  readonly ready: Promise<boolean>;
  /** One after the other, when it is ready. What is late costs the process. */
  render(job: RenderJob): Promise<Rendering>;
  kill(): void;
  /** Resolves when the process is gone. */
  readonly ended: Promise<void>;
}

const MAX_HEAP_MB = 128;
/** Characters. Longer prompts fit no context. */
const MAX_TEXT = 16 * 2 ** 20;
/** Starting Node takes 50 ms, and many times that on a machine that computes. */
const START_MS = 10_000;
/** So much later the renderer ends by itself what its parent should have ended. */
const ORPHAN_GRACE_MS = 1_000;

/** Starts a renderer, without anything of this process's environment. It keeps this process alive while it works. */
export function startJinjaProcess(): JinjaProcess {
  const child = startChild();
  if (child === undefined) {
    const render = async (): Promise<Rendering> => ({ type: "lost", how: "not started", isMemory: false });
    const none = Promise.resolve();
    return { pid: undefined, ready: none.then(() => false), render, kill: () => undefined, ended: none };
  }
  let settle: ((rendering: Rendering) => void) | undefined;
  let lost: Rendering | undefined;
  let onReady = (_isReady: boolean) => {};
  const ready = new Promise<boolean>((resolve) => {
    onReady = resolve;
  });
  const kill = () => {
    // Its end comes at once, and those who wait for its place must be there to hear of it.
    keepParent(child);
    child.kill("SIGKILL");
  };
  const impatience = setTimeout(kill, START_MS);
  child.on("message", (message: RenderMessage) => {
    if (message.type !== "ready") return settle?.(message);
    clearTimeout(impatience);
    letParentEnd(child);
    onReady(true);
  });
  const ended = new Promise<void>((resolve) => {
    const end = (how: string, isMemory: boolean) => {
      clearTimeout(impatience);
      lost = { type: "lost", how, isMemory };
      onReady(false);
      settle?.(lost);
      resolve();
    };
    child.on("exit", (status, signal) => end(signal ?? `status ${status}`, isOutOfMemory(signal)));
    // A message that finds nobody is an error too; only a start that failed ends here.
    child.on("error", ({ message }) => child.pid === undefined && end(message, false));
  });

  return {
    pid: child.pid,
    ready,
    async render({ template, values, timeoutMs }) {
      if (lost) return lost;
      keepParent(child);
      const orphanMs = Math.ceil(timeoutMs) + ORPHAN_GRACE_MS;
      // Where the process is gone, its end tells it.
      child.send({ template, values, orphanMs, maxText: MAX_TEXT } satisfies RenderRequest, () => undefined);
      let clock: NodeJS.Timeout | undefined;
      const rendering = await new Promise<Rendering>((resolve) => {
        settle = resolve;
        // Where this process was busy itself, a reply may wait that is not read yet: one more turn of the loop.
        const look = () => void setImmediate(resolve, { type: "late" });
        clock = setTimeout(look, timeoutMs);
      });
      clearTimeout(clock);
      if (rendering.type === "late") kill();
      else letParentEnd(child);
      return rendering;
    },
    kill,
    ended,
  };
}

/** V8 ends a process that is out of memory by abort() or a trap; Windows has no signals to tell. */
function isOutOfMemory(signal: NodeJS.Signals | null): boolean {
  if (signal === null) return process.platform === "win32";
  return signal === "SIGABRT" || signal === "SIGTRAP" || signal === "SIGILL";
}

function startChild(): ChildProcess | undefined {
  const jinja = createRequire(import.meta.url).resolve("@huggingface/jinja");
  const flags = [`--max-old-space-size=${MAX_HEAP_MB}`, "--disallow-code-generation-from-strings"];
  try {
    return spawn(process.execPath, [...flags, "-e", RENDER_PROGRAM, jinja], {
      stdio: ["ignore", "ignore", "ignore", "ipc"],
      // Text goes as it is, not escaped a second time.
      serialization: "advanced",
      env: {},
      windowsHide: true,
    });
  } catch {
    // Short of memory, processes or files.
    return undefined;
  }
}

function keepParent(child: ChildProcess): void {
  child.ref();
  child.channel?.ref();
}

function letParentEnd(child: ChildProcess): void {
  child.unref();
  child.channel?.unref();
}
