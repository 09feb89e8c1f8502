/** Runs the built program as a user would and tells everything that can be seen from outside. */

import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const MAIN = fileURLToPath(new URL("../../dist/cli/main.js", import.meta.url));

export interface RunOptions {
  env?: Record<string, string>;
  cwd?: string;
  input?: string;
  /** Sends SIGINT as soon as stderr holds this. */
  signalAfter?: RegExp;
  /** Closes our end of stdout at the first byte, as `head` does. */
  closeStdout?: boolean;
  /** @default MAIN */
  main?: string;
  /** Flags for Node itself. */
  nodeArgs?: readonly string[];
}

export interface RunOutcome {
  status: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

/** A folder of its own for one test file, with nothing of the user's in reach. */
export function sandbox() {
  const folder = mkdtempSync(join(tmpdir(), "assay-e2e-"));
  const env = { HOME: folder, PATH: process.env.PATH ?? "", ASSAY_STORE: join(folder, "runs.db") };
  return {
    folder,
    run: (args: readonly string[], options: RunOptions = {}) =>
      run(args, { cwd: folder, ...options, env: { ...env, ...options.env } }),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

function run(args: readonly string[], options: RunOptions): Promise<RunOutcome> {
  const { env = {}, cwd, input, signalAfter, closeStdout = false, nodeArgs = [], main = MAIN } = options;
  const child = spawn(process.execPath, [...nodeArgs, main, ...args], { cwd, env, stdio: "pipe" });
  let stdout = "";
  let stderr = "";
  let signalled = false;
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
    if (closeStdout) child.stdout.destroy();
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
    if (signalAfter?.test(stderr) && !signalled) {
      signalled = true;
      child.kill("SIGINT");
    }
  });
  child.stdin.end(input);
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (status, signal) => resolve({ status, signal, stdout, stderr }));
  });
}
