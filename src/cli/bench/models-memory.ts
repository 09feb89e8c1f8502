/** The most memory that this process has held. */

import { readFileSync } from "node:fs";

/**
 * Bytes, or undefined where the system does not tell. On Linux VmHWM, as the figure of getrusage begins with the
 * peak of whoever started the process (proc(5), getrusage(2)).
 */
export function peakMemory(): number | undefined {
  try {
    const kilobytes = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1];
    if (kilobytes !== undefined) return Number(kilobytes) * 1_024;
  } catch {
    // Not Linux.
  }
  // libuv gives kilobytes on every system (docs of uv_rusage_t).
  const { maxRSS } = process.resourceUsage();
  return maxRSS > 0 ? maxRSS * 1_024 : undefined;
}
