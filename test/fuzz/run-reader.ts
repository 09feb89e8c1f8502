/** Gives damaged files to a reader in a process of its own: a crash, a hang or a flood of memory ends only that. */

import { type ChildProcess, fork } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Allocations } from "./allocation-meter.ts";
import type { ReaderName } from "./readers.ts";

export interface ReaderCase {
  readonly reader: ReaderName;
  readonly files: Readonly<Record<string, Uint8Array>>;
}

export interface ReaderReply extends Allocations {
  /** "refused": an AppError with a code. "bug": anything else that was thrown. */
  readonly kind: "read" | "refused" | "bug" | "died" | "hung";
  readonly what: string;
  readonly milliseconds: number;
}

const PROCESS = fileURLToPath(new URL("./reader-process.ts", import.meta.url));
/** The largest case has some hundred kilobytes; parsing it as objects takes a multiple of that. */
const HEAP_MB = 192;
/** A case takes some milliseconds; a busy machine may stretch that, a quadratic reader more. */
const HANG_MS = 10_000;

export interface ReaderRunner {
  run(task: ReaderCase): Promise<ReaderReply>;
  close(): void;
}

export function createReaderRunner(): ReaderRunner {
  const folder = mkdtempSync(join(tmpdir(), "assay-fuzz-"));
  let child: ChildProcess | undefined;
  let stderr = "";
  const start = (): ChildProcess => {
    const started = fork(PROCESS, [join(folder, "case")], {
      execArgv: ["--import", "tsx", `--max-old-space-size=${HEAP_MB}`],
      serialization: "advanced",
      stdio: ["ignore", "ignore", "pipe", "ipc"],
    });
    stderr = "";
    started.stderr!.setEncoding("utf8").on("data", (text: string) => {
      stderr = (stderr + text).slice(-2_000);
    });
    return started;
  };
  return {
    run: (task) =>
      new Promise((resolve) => {
        child ??= start();
        const current = child;
        const begun = performance.now();
        const end = (reply: ReaderReply) => {
          clearTimeout(timer);
          current.removeAllListeners("message").removeAllListeners("exit");
          resolve(reply);
        };
        const lose = (kind: "died" | "hung", what: string) => {
          child = undefined;
          end({ kind, what, largest: 0, total: 0, milliseconds: performance.now() - begun });
        };
        const timer = setTimeout(() => {
          current.kill("SIGKILL");
          lose("hung", `no answer within ${HANG_MS} ms`);
        }, HANG_MS);
        current.once("message", (reply) => end(reply as ReaderReply));
        current.once("exit", (code, signal) => lose("died", `${code ?? signal}\n${stderr}`));
        current.send(task);
      }),
    close() {
      child?.removeAllListeners("exit").kill("SIGKILL");
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** No reader needs more than this for what it was given; the first read of a header is a megabyte. */
const SPARE_BYTES = 2 * 2 ** 20;
const MOST_TOTAL = 16;

/** What is wrong with the way in which a case ended, undefined if nothing. */
export function faultOf({ files }: ReaderCase, reply: ReaderReply): string | undefined {
  if (reply.kind !== "read" && reply.kind !== "refused") return `${reply.kind}: ${reply.what}`;
  const size = Object.values(files).reduce((sum, { length }) => sum + length, 0);
  if (reply.largest > size + SPARE_BYTES)
    return `allocated ${reply.largest} bytes at once for ${size} bytes of files (${reply.kind} ${reply.what})`;
  if (reply.total > MOST_TOTAL * (size + SPARE_BYTES))
    return `allocated ${reply.total} bytes for ${size} bytes of files (${reply.kind} ${reply.what})`;
  return undefined;
}
