/**
 * How many threads can compute at a time. Two hyper-threads share the units that multiply, so a second thread on a
 * core wins nothing and waits at every barrier; and a container may own a share of the machine's processors only.
 */

import { execFileSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { readSystemFile } from "../system-file.ts";

export interface ProcessorCores {
  /** Cores that this process may use, not counting hyper-threads; within its quota. */
  readonly physical: number;
  /** Processors that the system shows, within the quota. */
  readonly logical: number;
}

/**
 * Counts cores: Linux tells which processors share one (/sys/devices/system/cpu), which are ours (affinity) and how
 * much time of them (cgroup cpu.max); macOS counts those for performance; elsewhere every processor counts.
 *
 * @param root of the file system; another one in tests
 */
export function processorCores(root = "/", parallelism = availableParallelism()): ProcessorCores {
  const quota = Math.min(cpuQuota(root), Number.POSITIVE_INFINITY);
  const logical = Math.max(1, Math.min(parallelism, Math.ceil(quota)));
  const physical = linuxCores(root) ?? appleCores() ?? parallelism;
  return { physical: Math.max(1, Math.min(physical, logical)), logical };
}

function linuxCores(root: string): number | undefined {
  const folder = join(root, "sys/devices/system/cpu");
  const allowed = allowedProcessors(root);
  const cores = new Set<string>();
  for (const name of namesIn(folder)) {
    const processor = /^cpu(\d+)$/.exec(name)?.[1];
    if (processor === undefined || (allowed && !allowed.has(Number(processor)))) continue;
    const topology = join(folder, name, "topology");
    // The older name is that of kernels before 5.3.
    const siblings =
      readSystemFile(join(topology, "core_cpus_list")) ||
      readSystemFile(join(topology, "thread_siblings_list"));
    if (siblings.trim() !== "") cores.add(siblings.trim());
  }
  return cores.size > 0 ? cores.size : undefined;
}

/** Cpus_allowed_list of this process: "0-3,8". */
function allowedProcessors(root: string): Set<number> | undefined {
  const list = /^Cpus_allowed_list:\s*([\d,-]+)$/m.exec(readSystemFile(join(root, "proc/self/status")))?.[1];
  if (list === undefined) return undefined;
  const ids = list.split(",").flatMap((part) => {
    const [from = 0, to = from] = part.split("-").map(Number);
    return Array.from({ length: to - from + 1 }, (_, at) => from + at);
  });
  return new Set(ids);
}

/** Processors' worth of time: "200000 100000" in cpu.max (cgroup v2) is 2; cpu.cfs_quota_us in the first version. */
function cpuQuota(root: string): number {
  const [most = "max", period = ""] = readSystemFile(join(root, "sys/fs/cgroup/cpu.max")).trim().split(" ");
  if (Number(most) > 0) return Number(most) / (Number(period) || 100_000);
  const old = Number(readSystemFile(join(root, "sys/fs/cgroup/cpu/cpu.cfs_quota_us")));
  const oldPeriod = Number(readSystemFile(join(root, "sys/fs/cgroup/cpu/cpu.cfs_period_us")));
  return old > 0 && oldPeriod > 0 ? old / oldPeriod : Number.POSITIVE_INFINITY;
}

function appleCores(): number | undefined {
  if (process.platform !== "darwin") return undefined;
  // The second name is for Intel's processors, which have one kind of core.
  for (const name of ["hw.perflevel0.physicalcpu", "hw.physicalcpu"]) {
    try {
      const count = Number(execFileSync("sysctl", ["-n", name], { encoding: "utf8", stdio: "pipe" }));
      if (count > 0) return count;
    } catch {
      // Not known to this system.
    }
  }
  return undefined;
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
