/** A server as a user starts it, in a process of its own on a free port; E2E_SOURCE=1 runs the sources unbuilt. */

import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { MAIN } from "./run.ts";

export interface ServeProcess {
  readonly url: string;
  readonly pid: number;
  /** The line that it printed when it listened. */
  readonly announced: Record<string, unknown>;
  /** All that came on stderr so far. */
  log(): string;
  /** Resolves when the log matches. */
  logged(pattern: RegExp): Promise<void>;
  signal(name: NodeJS.Signals): void;
  /** Resolves with the status when it has ended. */
  readonly ended: Promise<number | null>;
}

export interface ServeStart {
  readonly env?: Record<string, string>;
  readonly cwd?: string;
}

const SOURCE = ["--import", "tsx", fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url))];

/** Starts servers whose files lie in one folder; `remove` ends those that still run. */
export function servers() {
  const folder = mkdtempSync(join(tmpdir(), "assay-serve-"));
  const children: ChildProcess[] = [];
  const base = {
    HOME: folder,
    PATH: process.env.PATH ?? "",
    ASSAY_STORE: join(folder, "runs.db"),
    ASSAY_CACHE_DIR: join(folder, "cache"),
  };

  function spawnServer(args: readonly string[], { env, cwd }: ServeStart = {}) {
    const program = process.env.E2E_SOURCE === "1" ? SOURCE : [MAIN];
    const child = spawn(process.execPath, [...program, "serve", "--port", "0", "--json", ...args], {
      // tsx is looked for from the working folder.
      cwd: cwd ?? (process.env.E2E_SOURCE === "1" ? process.cwd() : folder),
      env: { ...base, ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    children.push(child);
    return child;
  }

  return {
    folder,
    /** Resolves when it listens; rejects with its log when it ends before. */
    start(args: readonly string[], options?: ServeStart): Promise<ServeProcess> {
      const child = spawnServer(args, options);
      let stdout = "";
      let stderr = "";
      const ended = new Promise<number | null>((resolve) => child.on("close", resolve));
      child.stderr?.setEncoding("utf8").on("data", (text: string) => (stderr += text));
      return new Promise((resolve, reject) => {
        void ended.then((status) => reject(new Error(`serve ended with ${status}: ${stdout}${stderr}`)));
        child.stdout?.setEncoding("utf8").on("data", (text: string) => {
          stdout += text;
          if (!stdout.endsWith("\n")) return;
          const announced = JSON.parse(stdout) as Record<string, unknown>;
          // An error is a document too; its process ends by itself.
          if (announced.kind !== "serve") return;
          resolve({
            url: String(announced.url),
            pid: child.pid ?? 0,
            announced,
            log: () => stderr,
            async logged(pattern) {
              while (!pattern.test(stderr)) await new Promise((next) => setTimeout(next, 50));
            },
            signal: (name) => void child.kill(name),
            ended,
          });
        });
      });
    },
    async remove() {
      for (const child of children) if (child.exitCode === null) child.kill("SIGKILL");
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}
