import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { processorCores } from "./processor-cores.ts";

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "assay-cpu-"));
  // Four cores with two threads each, numbered as most systems do: 0 and 4 share the first.
  for (let processor = 0; processor < 8; processor++)
    write(
      `sys/devices/system/cpu/cpu${processor}/topology/core_cpus_list`,
      `${processor % 4},${(processor % 4) + 4}\n`,
    );
  write("sys/devices/system/cpu/cpufreq/x", "");
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function write(path: string, content: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), content);
}

it("counts cores, not hyper-threads", () => {
  expect(processorCores(root, 8)).toEqual({ physical: 4, logical: 8 });
});

it("counts only those that the process may use", () => {
  write("proc/self/status", "Name:\tnode\nCpus_allowed_list:\t0-1,4\n");
  expect(processorCores(root, 3)).toEqual({ physical: 2, logical: 3 });
});

it.each([
  ["sys/fs/cgroup/cpu.max", "250000 100000\n", { physical: 3, logical: 3 }],
  ["sys/fs/cgroup/cpu.max", "max 100000\n", { physical: 4, logical: 8 }],
  ["sys/fs/cgroup/cpu.max", "50000 100000\n", { physical: 1, logical: 1 }],
])("heeds a container's share: %s %j", (file, content, expected) => {
  write(file, content);
  expect(processorCores(root, 8)).toEqual(expected);
});

it("takes every processor where the system tells nothing", () => {
  const { physical, logical } = processorCores(join(root, "nowhere"), 6);
  expect(logical).toBe(6);
  expect(physical).toBeLessThanOrEqual(6);
});
