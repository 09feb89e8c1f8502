/** RAM that a new model may take: what the system has left, within the limits of the container it runs in. */

import { freemem, totalmem } from "node:os";
import { join } from "node:path";
import { readSystemFile } from "../../system-file.ts";

/** Bytes. */
export interface MemoryFacts {
  /** What can be taken without anything being swapped or killed; cached files count as free. */
  readonly available: number;
  /** What there is, in use or not. */
  readonly total: number;
  /** What sets `total`: the machine or a container's limit. */
  readonly limit: "machine" | "container";
}

/**
 * Reads MemAvailable and the limits of the control groups (both versions). process.availableMemory() knows them too,
 * but counts cached files as taken: after one look at a large model nothing would seem to fit.
 *
 * @param root of the file system; another one in tests
 */
export function memoryFacts(root = "/"): MemoryFacts {
  const meminfo = readSystemFile(join(root, "proc/meminfo"));
  const kilobytes = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, "m").exec(meminfo)?.[1]);
  const machine = {
    available: kilobytes("MemAvailable") * 1_024 || freemem(),
    total: kilobytes("MemTotal") * 1_024 || totalmem(),
  };
  let facts: MemoryFacts = { ...machine, limit: "machine" };
  for (const group of controlGroups(root)) {
    // No limit is "max", or the largest multiple of a page in the first version.
    if (!(group.limit > 0 && group.limit < machine.total)) continue;
    const free = Math.max(0, group.limit - Math.max(0, group.used - group.cache));
    facts = {
      available: Math.min(facts.available, free),
      total: Math.min(facts.total, group.limit),
      limit: "container",
    };
  }
  return facts;
}

interface ControlGroup {
  readonly limit: number;
  readonly used: number;
  /** Cached files, which give way. */
  readonly cache: number;
}

/** The process's group and those above it: each may have a limit of its own. */
function controlGroups(root: string): ControlGroup[] {
  const lines = readSystemFile(join(root, "proc/self/cgroup")).split("\n");
  const pathOf = (pattern: RegExp) =>
    lines.map((line) => pattern.exec(line)?.[1]).find((it) => it !== undefined);
  const second = foldersAbove(pathOf(/^0::(\/.*)$/) ?? "/").map((path) => {
    const folder = join(root, "sys/fs/cgroup", path);
    return groupOf(folder, "memory.max", "memory.current", /^(?:in)?active_file (\d+)$/gm);
  });
  const first = foldersAbove(pathOf(/^\d+:(?:[^:]*,)?memory(?:,[^:]*)?:(\/.*)$/) ?? "/").map((path) => {
    const folder = join(root, "sys/fs/cgroup/memory", path);
    const files = ["memory.limit_in_bytes", "memory.usage_in_bytes"] as const;
    return groupOf(folder, ...files, /^total_(?:in)?active_file (\d+)$/gm);
  });
  return [...second, ...first];
}

function groupOf(folder: string, limit: string, used: string, cache: RegExp): ControlGroup {
  const number = (file: string) => Number(readSystemFile(join(folder, file)).trim() || Number.NaN);
  const cached = [...readSystemFile(join(folder, "memory.stat")).matchAll(cache)].map(([, bytes]) =>
    Number(bytes),
  );
  return {
    limit: number(limit),
    used: number(used) || 0,
    cache: cached.reduce((sum, bytes) => sum + bytes, 0),
  };
}

/** "/a/b" and all above it; in a container the inner path may not be there, and its root is the limit. */
function foldersAbove(path: string): string[] {
  const parts = path.split("/").filter((part) => part !== "" && part !== "..");
  return Array.from({ length: parts.length + 1 }, (_, count) => `/${parts.slice(0, count).join("/")}`);
}
