/** A decode in a process of its own: what a library or a file does to that process, it does not do to us. */

import { spawn } from "node:child_process";
import { extname } from "node:path";
import { fileURLToPath } from "node:url";
import { AppError } from "../../errors.ts";
import { visibleToken } from "../../visible-token.ts";
import type { CliContext } from "../context.ts";
import type { SmokeDecode } from "./smoke-decode.ts";

export type DecodeReport = Extract<SmokeDecode, { tokens: number }>;

/**
 * Opens a model file, decodes a few tokens, closes it.
 * @param timeoutMs a large file is read from the disk first
 * @throws AppError MODEL_LOAD if the child fails, crashes or takes too long; CANCELLED
 */
export async function decodeInChild(
  { config, unsafeLib, signal }: CliContext,
  path: string,
  timeoutMs: number,
): Promise<DecodeReport> {
  // The same extension as this file: TypeScript under tsx, JavaScript once built.
  const script = fileURLToPath(new URL(`./smoke-decode${extname(import.meta.url)}`, import.meta.url));
  const args = [script, path, config.gpu, ...(unsafeLib === undefined ? [] : [unsafeLib])];
  const child = spawn(process.execPath, [...process.execArgv, ...args], {
    stdio: ["ignore", "pipe", "pipe"],
    timeout: timeoutMs,
    killSignal: "SIGKILL",
  });
  const stop = () => child.kill("SIGKILL");
  signal.addEventListener("abort", stop, { once: true });
  let output = "";
  let trouble = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (output += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (trouble += text));
  const [status, killedBy] = await new Promise<[number | null, string | null]>((done, fail) => {
    child.on("error", fail).on("close", (code, name) => done([code, name]));
  }).finally(() => signal.removeEventListener("abort", stop));
  if (signal.aborted) throw new AppError("CANCELLED", "Stopped.");
  if (status !== 0) {
    const last = visibleToken(trouble.trim().split("\n").at(-1) ?? "");
    throw new AppError("MODEL_LOAD", `A decode ended with ${killedBy ?? `status ${status}`}: ${last}`, {
      hint: "Try --gpu off; if that fails too, the library does not run on this processor.",
    });
  }
  const smoke = JSON.parse(output) as SmokeDecode;
  if ("error" in smoke) throw new AppError("MODEL_LOAD", smoke.error, { hint: smoke.hint ?? undefined });
  return smoke;
}
