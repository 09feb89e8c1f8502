/** `assay bench models` and `assay profile` as a user runs them: refusals before any work, crashes, Ctrl-C, results. */

import { spawn } from "node:child_process";
import { copyFileSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { writeRandomModel } from "../../src/testing/index.ts";
import { MAIN, sandbox } from "./run.ts";

const { folder, run, remove } = sandbox();
const small = join(folder, "small.gguf");
const quick = [
  "--parallel",
  "1,2",
  "--prompt-tokens",
  "8",
  "--new-tokens",
  "4",
  "--gpu",
  "off",
  "--threads",
  "1",
];
beforeAll(async () => {
  await writeRandomModel({ path: small, type: "F16", seed: 3 });
  await writeRandomModel({ path: join(folder, "other.gguf"), type: "F16", seed: 4 });
  copyFileSync(small, join(folder, "copy.gguf"));
  writeFileSync(join(folder, "binary.txt"), Uint8Array.from([0x50, 0, 0xff]));
  writeFileSync(join(folder, "text.txt"), "one two three four five six seven eight nine ten ".repeat(60));
});
afterAll(remove);

async function refusal(...args: string[]) {
  const { status, stdout, stderr } = await run([...args, "--json"]);
  return { status, stderr, ...JSON.parse(stdout).error };
}

describe("what cannot be measured is refused before any work", () => {
  it.each([
    [["bench", "models", "small.gguf", "no-such-model"], 3, "MODEL_NOT_FOUND"],
    [["bench", "models", "small.gguf", "small.gguf"], 2, "USAGE"],
    [["bench", "models", "small.gguf", "copy.gguf"], 2, "USAGE"],
    [["bench", "models", "small.gguf", "--parallel", "1,x"], 2, "USAGE"],
    [["bench", "models", "small.gguf", "--soak", "soon"], 2, "USAGE"],
    [["bench", "models", "small.gguf", "--repeat", "0"], 2, "USAGE"],
    [["bench", "models", "small.gguf", "--report", "/nowhere/r.html"], 2, "USAGE"],
    [["bench", "models", "small.gguf", "--markdown"], 2, "USAGE"],
    [["profile", "no-such-model"], 3, "MODEL_NOT_FOUND"],
    [["profile", "small.gguf", "--types", "Q4_K_X"], 2, "USAGE"],
    [["profile", "small.gguf", "--types", ","], 2, "USAGE"],
    [["profile", "small.gguf", "--text", "none.txt"], 1, "DATA_UNAVAILABLE"],
    [["profile", "small.gguf", "--text", "binary.txt"], 1, "DATA_UNAVAILABLE"],
    [["profile", "small.gguf", "--budget", "lots"], 2, "USAGE"],
  ])("%j", async (args, status, code) => {
    const found = await refusal(...args, "--progress", "json");
    expect(found).toMatchObject({ status, code });
    expect(found.stderr).not.toContain("stage-start");
  });
});

describe("bench models", () => {
  it("measures models in turns, and gives JSON and a page", async () => {
    const report = join(folder, "bench.html");
    const { status, stdout, stderr } = await run([
      ...["bench", "models", "small.gguf", "other.gguf", ...quick, "--repeat", "1", "--items", "1"],
      ...["--json", "--progress", "json", "--report", report],
    ]);
    expect(status).toBe(0);
    const order = [...stderr.matchAll(/"stage-start","stage":"(\w+), turn 1 of 1, speed"/g)];
    expect(order.map(([, name]) => name)).toEqual(["small", "other"]);
    const document = JSON.parse(stdout);
    expect(document).toMatchObject({ schema: 1, kind: "bench-models", status: "done" });
    for (const row of document.models) {
      expect(row).toMatchObject({ status: "done", turns: 1, quality: { length: 5 } });
      expect(row.loadSeconds.median).toBeGreaterThan(0);
      expect(row.speed.map(({ parallel }: { parallel: number }) => parallel)).toEqual([1, 2]);
      // One turn: no ratio is claimed.
      for (const { share, against } of row.speed)
        expect([share.prompt, share.generation, against]).toEqual([undefined, undefined, undefined]);
    }
    const html = readFileSync(report, "utf8");
    expect(html).toContain("<svg");
    expect(html).not.toMatch(/(src|href)="/);
  });

  it("prints Markdown that names its machine and command", async () => {
    const { stdout } = await run([
      ...["bench", "models", "small.gguf", ...quick, "--repeat", "1", "--items", "0", "--markdown"],
    ]);
    expect(stdout).toMatch(/\| small \| F16 \|/);
    expect(stdout).toContain("Again: `npx assay bench models small.gguf");
  });

  it.skipIf(process.platform !== "linux")(
    "a model whose process is killed is a row, the rest is done",
    async () => {
      const args = [
        ...["bench", "models", "small.gguf", "other.gguf", ...quick],
        ...["--repeat", "1", "--items", "10"],
      ];
      const { status, stdout } = await runAndKill(
        [...args, "--json", "--progress", "json"],
        /small, turn 1 of 1, quality/,
      );
      expect(status).toBe(1);
      const { models, ...document } = JSON.parse(stdout);
      expect(document.status).toBe("partial");
      expect(models[0]).toMatchObject({ status: "failed", turns: 0, error: { code: "MODEL_LOAD" } });
      expect(models[0].error.message).toContain("SIGKILL");
      expect(models[1]).toMatchObject({ status: "done", turns: 1 });
    },
  );

  it("Ctrl-C prints what is done and ends with 130", async () => {
    const { status, stdout, stderr } = await run(
      [
        ...["bench", "models", "small.gguf", ...quick, "--repeat", "90", "--items", "0"],
        ...["--json", "--progress", "json"],
      ],
      { signalAfter: /turn 2 of 90, speed/ },
    );
    expect(status).toBe(130);
    const { models, ...document } = JSON.parse(stdout);
    expect(document.status).toBe("interrupted");
    expect(models[0].turns).toBeGreaterThanOrEqual(1);
    expect(models[0].turns).toBeLessThan(90);
    expect(stderr).toContain("turns that were finished");
  });

  it("Ctrl-C before the first turn is over is an error with 130", async () => {
    const { status, stderr } = await run(
      ["bench", "models", "small.gguf", ...quick, "--items", "5000", "--progress", "json"],
      { signalAfter: /turn 1 of 3, quality/ },
    );
    expect(status).toBe(130);
    expect(stderr).toContain("stopped before the first turn");
  });
});

describe("profile", () => {
  const args = ["profile", "small.gguf", ...quick, "--repeat", "1", "--text", "text.txt", "--json"];
  const made = (cache: string) => readdirSync(cache).filter((name) => name.startsWith("profile-"));

  it("makes each type once, measures it and removes it; --keep keeps it", async () => {
    const cache = join(folder, "cache");
    const env = { ASSAY_CACHE_DIR: cache };
    const report = join(folder, "profile.html");
    const types = ["--types", "Q8_0,F16", "--budget", "none"];
    const { status, stdout } = await run([...args, ...types, "--report", report], { env });
    expect(status).toBe(0);
    const document = JSON.parse(stdout);
    expect(document).toMatchObject({ schema: 1, kind: "profile", status: "done", best: "F16" });
    const [q8, f16] = document.types;
    expect(q8).toMatchObject({ type: "Q8_0", ratio: { ratio: expect.any(Number) }, times: { length: 2 } });
    expect(f16).toMatchObject({ type: "F16", loss: "best", use: expect.stringContaining("reference") });
    expect(q8.row.fileBytes).toBeLessThan(f16.row.fileBytes);
    expect(q8.perplexity.tokens).toBe(f16.perplexity.tokens);
    expect(readFileSync(report, "utf8")).toContain("<svg");
    expect(made(cache)).toEqual([]);
    await run([...args, "--types", "Q8_0", "--budget", "none", "--keep"], { env });
    expect(made(cache)).toHaveLength(1);
  });

  it("says that nothing better can be made of a quantised model, and profiles it as it is", async () => {
    const { status, stdout, stderr } = await run([
      ...["profile", "lab-dense", ...quick, "--repeat", "1", "--budget", "64", "--json"],
    ]);
    expect(status).toBe(0);
    expect(stderr).toContain("nothing better can be made of it");
    const document = JSON.parse(stdout);
    expect(document.types).toMatchObject([{ type: "Q8_0", loss: "best", glitches: expect.any(Number) }]);
    expect(document.notes.join()).toContain("two roundings");
    const { runs } = JSON.parse((await run(["runs", "list", "--json"])).stdout);
    expect(runs).toMatchObject([{ kind: "mine", status: "done" }]);
  });

  it("a model on which no probe works has everything else", async () => {
    const { status, stdout } = await run([...args, "--types", "F16", "--budget", "10%"]);
    expect(status).toBe(0);
    const [f16] = JSON.parse(stdout).types;
    expect(f16.perplexity.perplexity).toBeGreaterThan(1);
    expect(f16.glitches).toBeUndefined();
    expect(f16.notes.join()).toContain("No verdicts");
  });

  it("Ctrl-C prints what is done, removes what was made and ends with 130", async () => {
    const cache = join(folder, "cache-2");
    const { status, stdout } = await run([...args, "--types", "Q8_0,F16", "--progress", "json"], {
      env: { ASSAY_CACHE_DIR: cache },
      signalAfter: /"stage":"F16, turn 1 of 1, speed"/,
    });
    expect(status).toBe(130);
    const document = JSON.parse(stdout);
    expect(document.status).toBe("interrupted");
    expect(document.types[0].row.turns).toBe(1);
    expect(made(cache)).toEqual([]);
  });
});

/** Runs the program and ends its child with SIGKILL, as the system does for lack of memory. */
function runAndKill(
  args: readonly string[],
  when: RegExp,
): Promise<{ status: number | null; stdout: string }> {
  const env = { HOME: folder, PATH: process.env.PATH ?? "" };
  const child = spawn(process.execPath, [MAIN, ...args], {
    cwd: folder,
    env,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let stdout = "";
  let stderr = "";
  let isKilled = false;
  child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
    if (isKilled || !when.test(stderr)) return;
    isKilled = true;
    const children = readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, "utf8").trim().split(" ");
    for (const pid of children) process.kill(Number(pid), "SIGKILL");
  });
  return new Promise((resolve) => child.on("close", (status) => resolve({ status, stdout })));
}
