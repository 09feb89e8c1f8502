/** What this machine has: processor features, the processes that fill it. */

import { execFileSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { cpus } from "node:os";
import { readSystemFile } from "../system-file.ts";

export interface ProcessSize {
  readonly pid: number;
  readonly name: string;
  /** Resident. */
  readonly bytes: number;
}

/** The largest processes other than this one, as far as the system lets itself be asked. */
export function largestProcesses(count: number): ProcessSize[] {
  const all = existsSync("/proc/self/statm") ? processesOfProc() : processesOfPs();
  return all
    .filter(({ pid }) => pid !== process.pid)
    .sort((a, b) => b.bytes - a.bytes)
    .slice(0, count);
}

/** Name of the processor and those of its features that decide which build of ggml is fast. */
export function processor(): { name: string; cores: number; features: string[] } {
  const found = cpus();
  const line = /^(?:flags|Features)\s*:\s*(.+)$/m.exec(readSystemFile("/proc/cpuinfo"))?.[1] ?? "";
  const features = line.split(" ").filter((flag) => FEATURES.includes(flag));
  return { name: found[0]?.model.trim() || process.arch, cores: found.length, features };
}

// As ggml/src/ggml-cpu/arch names them when it scores its builds.
const FEATURES = [
  ...["sse4_2", "avx", "avx2", "bmi2", "f16c", "fma", "avx_vnni"],
  ...["avx512f", "avx512_vnni", "avx512_bf16", "amx_int8", "asimddp", "i8mm", "sve"],
];

function processesOfProc(): ProcessSize[] {
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  return pids.flatMap((pid) => {
    const status = readSystemFile(`/proc/${pid}/status`);
    const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1];
    const name = /^Name:\s+(.+)$/m.exec(status)?.[1] ?? "?";
    return kilobytes === undefined ? [] : [{ pid: Number(pid), name, bytes: Number(kilobytes) * 1_024 }];
  });
}

function processesOfPs(): ProcessSize[] {
  if (process.platform === "win32") return [];
  try {
    const lines = execFileSync("ps", ["-axo", "pid=,rss=,comm="], { encoding: "utf8" }).split("\n");
    return lines.flatMap((line) => {
      const [, pid, kilobytes, name] = /^\s*(\d+)\s+(\d+)\s+(.+)$/.exec(line) ?? [];
      return name === undefined ? [] : [{ pid: Number(pid), name, bytes: Number(kilobytes) * 1_024 }];
    });
  } catch {
    return [];
  }
}
