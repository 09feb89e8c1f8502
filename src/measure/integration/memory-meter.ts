/** How far this process's memory grew at most since a moment. */

import { readFileSync, writeFileSync } from "node:fs";

export interface MemoryMeter {
  /** Bytes of the highest resident size so far, less what was resident at the start. */
  growth(): number;
}

/**
 * Starts measuring. Linux forgets the earlier peak when 5 is written to clear_refs (proc(5)), so that work before
 * this moment does not count; elsewhere the process's peak so far is the start.
 */
export function startMemoryMeter(): MemoryMeter {
  try {
    writeFileSync("/proc/self/clear_refs", "5");
  } catch {
    // Not Linux, or a container that forbids it: an earlier peak then hides growth below it.
  }
  const before = process.memoryUsage.rss();
  return { growth: () => Math.max(0, peak() - before) };
}

function peak(): number {
  try {
    const line = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1];
    if (line !== undefined) return Number(line) * 1_024;
  } catch {
    // No /proc.
  }
  return process.resourceUsage().maxRSS * 1_024; // kilobytes everywhere, as Node tells it
}
