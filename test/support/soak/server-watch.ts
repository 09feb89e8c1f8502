/** What can be seen of a server from outside: its log, its metrics, the memory of its processes. */

import { readFileSync } from "node:fs";

/** A line of the log. */
interface LogLine {
  readonly level?: string;
  readonly message?: string;
  readonly pid?: number;
}

export interface ServerLog {
  readonly add: (line: string) => void;
  /** The process that holds a model now, by the model's id. */
  readonly runners: ReadonlyMap<string, number>;
  /** Every process that ever held one. */
  readonly pids: readonly number[];
  /** What should not be there: errors, and lines that the server did not write itself. */
  readonly faults: readonly string[];
}

/**
 * Reads a log of JSON lines.
 * @param isMeant whether the end of a process was ours
 */
export function createServerLog(isMeant: (model: string) => boolean): ServerLog {
  const runners = new Map<string, number>();
  const pids: number[] = [];
  const faults: string[] = [];
  return {
    runners,
    pids,
    faults,
    add(text) {
      if (text.trim() === "") return;
      const line = parse(text);
      if (line === undefined) return void (OURS.test(text) || faults.push(text));
      const { level, message = "", pid } = line;
      const loaded = /^(\S+) is loaded\./.exec(message)?.[1];
      if (loaded !== undefined && pid !== undefined) {
        runners.set(loaded, pid);
        pids.push(pid);
      }
      const gone = /^The process of (\S+) ended by itself/.exec(message)?.[1];
      if (gone !== undefined) runners.delete(gone);
      if (level === "error" && !(gone !== undefined && isMeant(gone))) faults.push(text);
    },
  };
}

/** What the command line says beside the log. */
const OURS = /^Shutting down:/;

function parse(text: string): LogLine | undefined {
  try {
    return JSON.parse(text) as LogLine;
  } catch {
    return undefined;
  }
}

/** Names and labels of a scrape, as they stand there, with their values. */
export type Metrics = ReadonlyMap<string, number>;

/** @throws if the server does not answer */
export async function scrape(url: string): Promise<Metrics> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const lines = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  return new Map(
    lines.map((line) => {
      const end = line.lastIndexOf(" ");
      return [line.slice(0, end), Number(line.slice(end + 1))];
    }),
  );
}

/** Whatever is still held by requests, though none is under way: nothing, or each metric that is not 0. */
export function leftovers(metrics: Metrics): string[] {
  const held = /^assay_requests_(active|waiting|holding)\{|^assay_cache_cells\{.*use="reserved"/;
  return [...metrics].filter(([name, value]) => held.test(name) && value !== 0).map((it) => it.join(" "));
}

/** Bytes that a process holds; undefined when it is gone, or where the system does not tell. */
export function residentBytes(pid: number): number | undefined {
  try {
    return Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) * 1_024;
  } catch {
    return undefined;
  }
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
