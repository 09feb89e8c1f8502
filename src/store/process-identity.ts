/** Who holds a lock, told so that a dead holder is recognised even when its number was given to another. */

import { readFileSync } from "node:fs";
import { hostname } from "node:os";

export interface ProcessIdentity {
  readonly pid: number;
  readonly host: string;
  /** Changes with every start of the machine; empty where the system does not tell. */
  readonly boot: string;
  /** When the process began, in the system's own count; empty where the system does not tell. */
  readonly started: string;
}

/** "unknown": on another machine, or the system does not tell processes of one number apart. */
export type Liveness = "alive" | "dead" | "unknown";

export function currentProcess(): ProcessIdentity {
  return { pid: process.pid, host: hostname(), boot: bootId(), started: startTime(process.pid) };
}

export function liveness(holder: ProcessIdentity): Liveness {
  if (holder.host !== hostname()) return "unknown";
  if (holder.boot !== bootId()) return "dead";
  if (!exists(holder.pid)) return "dead";
  if (holder.started === "") return "unknown";
  return startTime(holder.pid) === holder.started ? "alive" : "dead";
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it is there and belongs to somebody else.
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

function bootId(): string {
  return readOr("/proc/sys/kernel/random/boot_id").trim();
}

/** Field 22 of /proc/PID/stat, in clock ticks since boot; see proc(5). */
function startTime(pid: number): string {
  const stat = readOr(`/proc/${pid}/stat`);
  // The second field is the program's name in brackets and may hold spaces and brackets itself.
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? "";
}

function readOr(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
