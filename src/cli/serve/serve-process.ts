/** `assay serve` as a child process: started, waited for until it listens, and told to end. */

import { spawn } from "node:child_process";
import { extname } from "node:path";
import { fileURLToPath } from "node:url";
import { AppError } from "../../errors.ts";
import { visibleToken } from "../../visible-token.ts";

export interface ServeProcessOptions {
  /** Models and flags. */
  readonly args: readonly string[];
  /** @default this program's own */
  readonly main?: string;
  /** Arguments of Node. @default those of this process */
  readonly execArgv?: readonly string[];
  readonly signal?: AbortSignal | undefined;
  /** Told each line of its log. */
  readonly onLog?: ((line: string) => void) | undefined;
}

export interface ServeProcess {
  readonly url: string;
  readonly pid: number;
  /** Ids of its models, in their order. */
  readonly models: readonly string[];
  /** Asks it to end, and tells its exit status; undefined: it did not end, and was ended. */
  stop(): Promise<number | undefined>;
}

/** Beyond the server's own 30 s for answers under way. */
const STOP_MS = 45_000;
/** Characters of its log that an error may quote. */
const KEPT = 4_096;

/** The same extension as this file: TypeScript under tsx, JavaScript once built. */
const MAIN = fileURLToPath(new URL(`../main${extname(import.meta.url)}`, import.meta.url));

/** Resolves when it listens. @throws MODEL_LOAD with the log's last line if it ends before; CANCELLED */
export async function startServe(options: ServeProcessOptions): Promise<ServeProcess> {
  const { args, main = MAIN, execArgv = process.execArgv, signal, onLog } = options;
  const child = spawn(process.execPath, [...execArgv, main, "serve", "--port", "0", "--json", ...args], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  const ended = new Promise<number | undefined>((resolve) => {
    child.on("close", (status) => resolve(status ?? undefined));
    child.on("error", () => resolve(undefined));
  });
  const kill = () => void child.kill("SIGKILL");
  // A second Ctrl-C ends this process, and nobody would end the server.
  process.once("exit", kill);
  void ended.then(() => process.off("exit", kill));
  let log = "";
  let partial = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    log = (log + text).slice(-KEPT);
    const lines = (partial + text).split("\n");
    partial = lines.pop() ?? "";
    for (const line of lines) onLog?.(line);
  });
  const stop = async () => {
    child.kill("SIGTERM");
    const late = setTimeout(kill, STOP_MS);
    return ended.finally(() => clearTimeout(late));
  };
  let said = "";
  const listening = new Promise<string>((resolve) => {
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      said += text;
      if (said.endsWith("\n")) resolve(said);
    });
  });
  signal?.addEventListener("abort", kill, { once: true });
  const status = await Promise.race([ended.then((code) => ({ code })), listening.then(() => undefined)]);
  signal?.removeEventListener("abort", kill);
  if (signal?.aborted) throw new AppError("CANCELLED", "The work was stopped.");
  const announced = status === undefined ? parse(said) : undefined;
  if (announced === undefined) throw notListening((await ended) ?? "a signal", said, log);
  return { url: announced.url, pid: announced.pid, models: announced.models.map(({ id }) => id), stop };
}

interface Announced {
  readonly url: string;
  readonly pid: number;
  readonly models: readonly { readonly id: string }[];
}

/** Undefined for an error's document: its process ends by itself. */
function parse(line: string): Announced | undefined {
  const said = JSON.parse(line) as Announced & { readonly kind?: string };
  return said.kind === "serve" ? said : undefined;
}

function notListening(status: number | string, said: string, log: string): AppError {
  const last = visibleToken((said.trim() || log.trim()).split("\n").at(-1) ?? "");
  return new AppError("MODEL_LOAD", `assay serve ended with ${status} before it listened: ${last}`);
}
