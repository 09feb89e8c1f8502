/** `models pull` as a user meets it: killed, stopped, started twice, and on a full disk. */

import { execFileSync, spawn } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { type RangeServer, startRangeServer } from "../support/range-server.ts";
import { splitExperts } from "../support/split-experts.ts";
import { MAIN, sandbox } from "./run.ts";

const { folder, run, remove } = sandbox();
const LAB_PATH = fileURLToPath(new URL("../../models/lab-moe.gguf", import.meta.url));
const LAB = readFileSync(LAB_PATH);
const models = join(folder, ".cache", "assay", "models");
const target = join(models, "lab.gguf");
const isRoot = process.platform === "linux" && process.getuid?.() === 0;
/** Slow enough to be met in the middle. */
const SLOW = 4e6;
const FAST = 1e9;

let hub: RangeServer;
let env: Record<string, string>;
const pull = ["models", "pull", "hf:owner/repo/lab.gguf"];

beforeAll(async () => {
  hub = await startRangeServer({ files: { "lab.gguf": LAB }, repo: "owner/repo" });
  env = { HF_ENDPOINT: hub.origin };
});
afterAll(async () => {
  await hub.close();
  remove();
});
beforeEach(async () => {
  await rm(models, { recursive: true, force: true });
  hub.options.bytesPerSecond = FAST;
});

/** Starts the program as it is and tells when so many bytes have been sent to it. */
function start(bytes: number) {
  const before = hub.sent();
  const child = spawn(process.execPath, [MAIN, ...pull], {
    cwd: folder,
    env: { HOME: folder, PATH: process.env.PATH ?? "", ...env },
    stdio: "ignore",
  });
  const ended = new Promise((resolve) => child.on("close", (status, signal) => resolve(signal ?? status)));
  const reached = expect.poll(() => hub.sent() - before, { timeout: 30_000 }).toBeGreaterThan(bytes);
  return { child, ended, reached };
}

it("brings a model, shows how far it is, and says what to do next", async () => {
  const { status, stdout, stderr } = await run([...pull, "--progress", "json"], { env });
  expect(status).toBe(0);
  expect(stdout).toMatch(
    /^.*lab\.gguf: 13\.7 MiB in .*\nSHA-256 4d9644d7.*, as published\.\nNext: assay models verify /,
  );
  const events = stderr
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(events[0]).toEqual({ type: "stage-start", stage: "pull", total: 15, unit: "MB", done: 0 });
  expect(new Set(events.map(({ stage }) => stage))).toEqual(new Set(["pull", "check"]));
});

it("killed in the middle goes on without asking for what it has", async () => {
  hub.options.bytesPerSecond = SLOW;
  const { child, ended, reached } = start(LAB.length * 0.7);
  await reached;
  child.kill("SIGKILL");
  expect(await ended).toBe("SIGKILL");
  const before = hub.sent();
  const { status, stdout } = await run([...pull, "--json"], { env });
  expect(status).toBe(0);
  const document = JSON.parse(stdout);
  expect(document).toMatchObject({ schema: 1, kind: "pull", name: "lab", path: target, bytes: LAB.length });
  // What was noted down last: at most a second old, and a second brings 4 MB.
  expect(document.resumedFrom).toBeGreaterThan(LAB.length * 0.7 - SLOW * 1.5);
  expect(hub.sent() - before).toBe(LAB.length - document.resumedFrom + 4);
  expect(readFileSync(target).equals(LAB)).toBe(true);
  expect(readdirSync(models)).toEqual(["lab.gguf"]);
});

it("stopped by Ctrl-C ends with 130 and the command to go on", async () => {
  hub.options.bytesPerSecond = SLOW;
  const stopped = await run([...pull, "--progress", "json"], { env, signalAfter: /"done":[5-9]/ });
  expect(stopped.status).toBe(130);
  expect(stopped.stderr).toMatch(
    /stopped: Stopped at \d\d %; what came is kept\.\nhint: Go on with: npx assay models pull hf:owner/,
  );
  hub.options.bytesPerSecond = FAST;
  const { resumedFrom } = JSON.parse((await run([...pull, "--json"], { env })).stdout);
  expect(resumedFrom).toBeGreaterThan(4e6);
});

it("does not run twice at a time", async () => {
  hub.options.bytesPerSecond = SLOW;
  const { child, ended, reached } = start(1e6);
  await reached;
  const second = await run(pull, { env });
  expect(second.status).toBe(1);
  expect(second.stderr).toContain(`is being pulled by process ${child.pid}.`);
  expect(await ended).toBe(0);
  const third = await run(pull, { env });
  expect(third.stdout).toContain("lab.gguf: already there, 13.7 MiB");
});

it("tells the token to nobody: not in output, not in settings", async () => {
  const secret = { ...env, HF_TOKEN: "hf_very_secret" };
  hub.requests.length = 0;
  const outcomes = [
    await run(pull, { env: secret }),
    await run(["models", "pull", "hf:owner/other/lab.gguf"], { env: secret }),
    await run(["config", "show", "--origin", "--json"], { env: secret }),
  ];
  expect(hub.requests[0]?.authorization).toBe("Bearer hf_very_secret");
  expect(JSON.stringify(outcomes)).not.toContain("hf_very_secret");
});

it.skipIf(!isRoot)("on a disk that fills up keeps what came, and goes on where there is room", async () => {
  const disk = join(folder, "disk");
  mkdirSync(disk);
  execFileSync("mount", ["-t", "tmpfs", "-o", "size=24m", "tmpfs", disk]);
  try {
    hub.options.bytesPerSecond = SLOW;
    const output = ["--output", `${disk}/`];
    const work = run([...pull, ...output], { env });
    // Room that is there when the pull begins is taken by somebody else.
    await expect.poll(() => readdirSync(disk).includes("lab.gguf.part"), { timeout: 30_000 }).toBe(true);
    execFileSync("dd", ["if=/dev/zero", `of=${disk}/other`, "bs=1M", "count=15"], { stdio: "ignore" });
    const full = await work;
    expect(full.status).toBe(1);
    expect(full.stderr).toMatch(
      /error: The disk filled up while .*\nhint: Free some space .* goes on where it was\.\n$/,
    );
    const refused = await run([...pull, ...output], { env });
    expect(refused.stderr).toMatch(/error: .*lab\.gguf needs .*, but .* free\./);
    await rm(join(disk, "other"));
    hub.options.bytesPerSecond = FAST;
    const { resumedFrom } = JSON.parse((await run([...pull, ...output, "--json"], { env })).stdout);
    expect(resumedFrom).toBeGreaterThan(4e6);
  } finally {
    execFileSync("umount", [disk]);
  }
});

it("says of a file with split experts how to repair it, and of what is no model what came", async () => {
  const old = join(folder, "old.gguf");
  await splitExperts({ input: LAB_PATH, output: old });
  Object.assign(hub.options.files, { "page.gguf": Buffer.from("<html>"), "old.gguf": readFileSync(old) });
  const legacy = await run(["models", "pull", "hf:owner/repo/old.gguf"], { env });
  expect(legacy.status).toBe(0);
  expect(legacy.stdout).toMatch(/Next: assay models repair .*old\.gguf --output .*old\.repaired\.gguf\n$/);
  const page = await run(["models", "pull", "hf:owner/repo/page.gguf"], { env });
  expect(page.status).toBe(3);
  expect(page.stderr).toMatch(/error: What .* sends as page\.gguf is .*\nhint: /);
});
