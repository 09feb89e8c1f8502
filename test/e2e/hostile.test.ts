// What users meet on bad days: one clear line with a hint, the right exit status, no stack, nothing lost.

import { execFileSync } from "node:child_process";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createClient } from "@libsql/client";
import { afterAll, describe, expect, it } from "vitest";
import { writeSparseMixtral } from "../../src/testing/index.ts";
import { evidenceOf } from "../support/kill-resume.ts";
import { sandbox } from "./run.ts";

const { folder, run, remove } = sandbox();
afterAll(remove);

const LAB = fileURLToPath(new URL("../../models/lab-moe.gguf", import.meta.url));
const isRoot = process.platform === "linux" && process.getuid?.() === 0;

/** One line that says what is wrong, one that says what to do; progress and notes may stand before them. */
function expectClear(stderr: string): void {
  expect(stderr).toMatch(/(^|\n)error: .+\nhint: .+\n$/);
  expect(stderr).not.toMatch(/\n\s+at /);
}

describe("damaged model files", () => {
  const damaged = (name: string) => {
    const path = join(folder, name);
    copyFileSync(LAB, path);
    return path;
  };

  it.each([
    ["in the header", () => 1_000],
    ["in the vocabulary", () => 100_000],
    ["in the middle of the weights", (size: number) => Math.floor(size / 2)],
    ["one byte short", (size: number) => size - 1],
  ])("cut off %s", async (name, length) => {
    const path = damaged(`cut ${name}.gguf`);
    truncateSync(path, length(statSync(path).size));
    const { status, stderr } = await run(["mine", path]);
    expect(status).toBe(3);
    expectClear(stderr);
  });

  it("with a wrong count in the header", async () => {
    const path = damaged("counts.gguf");
    const bytes = readFileSync(path);
    bytes.writeBigUInt64LE(2n ** 60n, 8);
    writeFileSync(path, bytes);
    const { status, stderr } = await run(["mine", path]);
    expect(status).toBe(3);
    expectClear(stderr);
  });

  it("of December 2023, whose experts are split", async () => {
    const path = join(folder, "mixtral-8x7b-instruct-v0.1.Q4_K_M.gguf");
    await writeSparseMixtral({ path, layout: "legacy" });
    for (const command of ["mine", "doctor"]) {
      const { status, stdout, stderr } = await run([command, path]);
      expect(status).toBe(3);
      expect(stdout + stderr).toMatch(/split experts/);
      expect(stdout + stderr).not.toMatch(/\n\s+at /);
    }
  });
});

describe("a bad budget", () => {
  it.each(["0", "-5", "ten", "5x", "200%", "0s"])("%s is refused with examples", async (budget) => {
    const { status, stderr } = await run(["mine", "lab-moe", `--budget=${budget}`]);
    expect(status).toBe(2);
    expectClear(stderr);
  });
});

describe("the store", () => {
  it("that another program holds is named, and the mine can begin later", async () => {
    const path = join(folder, "held.db");
    await run(["runs", "list", "--store", path]);
    const holder = createClient({ url: `file:${path}` });
    const lock = await holder.transaction("write");
    const mine = ["mine", "lab-moe", "--budget", "50", "--store", path];
    const { status, stderr } = await run(mine);
    await lock.rollback();
    holder.close();
    expect(status).toBe(1);
    expectClear(stderr);
    expect((await run(mine)).status).toBe(0);
  });

  it.skipIf(!isRoot)("on a full disk loses nothing: the run goes on once there is room", async () => {
    const disk = join(folder, "disk");
    mkdirSync(disk);
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=1200k", "tmpfs", disk]);
    try {
      const store = join(disk, "runs.db");
      const full = await run(["mine", "lab-moe", "--all", "--store", store]);
      expect(full.status).toBe(1);
      expectClear(full.stderr);
      expect(full.stderr).toMatch(/disk|room|space/i);
      execFileSync("mount", ["-o", "remount,size=200m", disk]);
      const listed = JSON.parse((await run(["runs", "list", "--json", "--store", store])).stdout);
      expect(listed.runs[0].pages).toBeGreaterThan(0);
      const resumed = await run(["runs", "resume", "last", "--json", "--store", store]);
      expect(resumed.status).toBe(0);
      const whole = join(folder, "whole.db");
      expect((await run(["mine", "lab-moe", "--all", "--store", whole])).status).toBe(0);
      // Looked at elsewhere: SQLite lets go of a file only some time after it was closed.
      const copy = join(folder, "copy.db");
      for (const suffix of ["", "-wal"])
        if (existsSync(store + suffix)) copyFileSync(store + suffix, copy + suffix);
      expect(await evidenceOf(copy)).toEqual(await evidenceOf(whole));
    } finally {
      execFileSync("umount", [disk]);
    }
  });
});
