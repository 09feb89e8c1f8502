/**
 * The route log: one line of JSON a routed request, appended in one write, beside the store. It is bounded: a full
 * file becomes FILE.1, and the .1 before it goes. Nothing here fails a request: what cannot be written is lost, and
 * said once.
 */

import { randomUUID } from "node:crypto";
import { open, rename, stat } from "node:fs/promises";
import { dirname, join, parse } from "node:path";
import { makeFolder } from "../../make-folder.ts";
import type { RouteLogEntry } from "./route-log-entry.ts";

/** Some 10,000 requests; with the file before it twice that. */
const MOST_BYTES = 16 * 2 ** 20;

/** Lines that may wait for a slow disk; each is one to two KB. */
const MOST_WAITING = 1_000;

export interface RouteLogOptions {
  /** Bytes after which the file is put aside. @default 16 MiB */
  readonly mostBytes?: number | undefined;
  /** Told once when lines begin to be lost. */
  readonly onWarning?: ((message: string) => void) | undefined;
}

/** What the caller knows; the log adds the rest. */
export type RouteRecord = Omit<RouteLogEntry, "schema" | "time" | "router">;

export interface RouteLog {
  readonly path: string;
  /** Hands a line over; it never throws and never waits. */
  append(record: RouteRecord): void;
  /** Resolves when all lines are written or lost. */
  close(): Promise<void>;
}

/** Where the log of a store is: "assay.db" has "assay.routes.jsonl". */
export function routeLogPath(store: string): string {
  const { dir, name } = parse(store);
  return join(dir, `${name}.routes.jsonl`);
}

/** Opens the log for one router; the file is made with the first line, readable by its owner alone. */
export function openRouteLog(path: string, options: RouteLogOptions = {}): RouteLog {
  const { mostBytes = MOST_BYTES, onWarning } = options;
  const router = randomUUID().slice(0, 8);
  let waiting = 0;
  let tail = Promise.resolve();
  let hasWarned = false;

  function warn(reason: string): void {
    if (hasWarned) return;
    hasWarned = true;
    onWarning?.(`The route log ${path} loses lines: ${reason}. Requests are answered all the same.`);
  }

  async function write(line: string): Promise<void> {
    try {
      await putAside(path, mostBytes, line.length);
      makeFolder(dirname(path));
      const file = await open(path, "a+", 0o600);
      try {
        // The last line of a process that was killed may be torn: ours must not continue it.
        const bytes = Buffer.from((await lacksNewline(file)) ? `\n${line}` : line);
        const { bytesWritten } = await file.write(bytes);
        if (bytesWritten < bytes.length) throw new Error("the disk took half a line");
      } finally {
        await file.close();
      }
    } catch (error) {
      warn((error as Error).message);
    }
  }

  return {
    path,
    append(record) {
      if (waiting >= MOST_WAITING) return warn("the disk is too slow");
      const time = new Date(record.decision.at ?? Date.now()).toISOString();
      const line = `${JSON.stringify({ schema: 1, time, router, ...record } satisfies RouteLogEntry)}\n`;
      waiting++;
      tail = tail.then(() => write(line)).finally(() => waiting--);
    },
    close: () => tail,
  };
}

async function putAside(path: string, mostBytes: number, more: number): Promise<void> {
  const size = await stat(path).then(
    (facts) => facts.size,
    () => 0,
  );
  if (size > 0 && size + more > mostBytes) await rename(path, `${path}.1`);
}

async function lacksNewline(file: Awaited<ReturnType<typeof open>>): Promise<boolean> {
  const { size } = await file.stat();
  if (size === 0) return false;
  const last = Buffer.alloc(1);
  await file.read(last, 0, 1, size - 1);
  return last[0] !== 0x0a;
}
