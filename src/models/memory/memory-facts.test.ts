import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { memoryFacts } from "./memory-facts.ts";

const GIB = 2 ** 30;

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "assay-root-"));
  write(
    "proc/meminfo",
    `MemTotal:  ${(64 * GIB) / 1024} kB\nMemFree: 5 kB\nMemAvailable: ${(48 * GIB) / 1024} kB\n`,
  );
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function write(path: string, content: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), content);
}

it("takes the system's word where there is no container", () => {
  expect(memoryFacts(root)).toEqual({ available: 48 * GIB, total: 64 * GIB, limit: "machine" });
  write("sys/fs/cgroup/memory.max", "max\n");
  expect(memoryFacts(root).limit).toBe("machine");
});

it("counts a container's cached files as free", () => {
  write("sys/fs/cgroup/memory.max", `${16 * GIB}\n`);
  write("sys/fs/cgroup/memory.current", `${15 * GIB}\n`);
  write("sys/fs/cgroup/memory.stat", `anon ${GIB}\nactive_file ${2 * GIB}\ninactive_file ${11 * GIB}\n`);
  expect(memoryFacts(root)).toEqual({ available: 14 * GIB, total: 16 * GIB, limit: "container" });
});

it("heeds the limits of the groups above, in either version", () => {
  write("proc/self/cgroup", "0::/user/job\n");
  write("sys/fs/cgroup/user/memory.max", `${8 * GIB}`);
  write("sys/fs/cgroup/user/memory.current", `${GIB}`);
  write("sys/fs/cgroup/user/job/memory.max", "max");
  expect(memoryFacts(root)).toMatchObject({ available: 7 * GIB, total: 8 * GIB });
  write("proc/self/cgroup", "5:cpu,memory:/docker/x\n");
  write("sys/fs/cgroup/user/memory.max", "max");
  write("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712");
  write("sys/fs/cgroup/memory/docker/x/memory.limit_in_bytes", `${4 * GIB}`);
  write("sys/fs/cgroup/memory/docker/x/memory.usage_in_bytes", `${3 * GIB}`);
  write("sys/fs/cgroup/memory/docker/x/memory.stat", `total_inactive_file ${2 * GIB}\n`);
  expect(memoryFacts(root)).toEqual({ available: 3 * GIB, total: 4 * GIB, limit: "container" });
});

it("has an answer on this machine", () => {
  const { available, total } = memoryFacts();
  expect(available).toBeGreaterThan(0);
  expect(total).toBeGreaterThanOrEqual(available);
});
