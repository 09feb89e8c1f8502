/** Who holds a lock, told so that a dead holder is recognised even when its number was given to another. */

import { hostname } from "node:os";
import { readSystemFile } from "./system-file.ts";

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
  if (!processExists(holder.pid)) return "dead";
  if (holder.started === "") return "unknown";
  return startTime(holder.pid) === holder.started ? "alive" : "dead";
}

/** Whether a process has this number. */
export function processExists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it is there and belongs to somebody else.
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

function bootId(): string {
  return readSystemFile("/proc/sys/kernel/random/boot_id").trim();
}

/** When a process began: field 22 of /proc/PID/stat, in clock ticks since boot, see proc(5); empty where unknown. */
export function startTime(pid: number): string {
  const stat = readSystemFile(`/proc/${pid}/stat`);
  // The second field is the program's name in brackets and may hold spaces and brackets itself.
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? "";
}
