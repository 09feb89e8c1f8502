// A model in a process of its own: it answers as the model in this process does, and what happens to the process
// costs its own requests and nothing else.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  type GenerateRequest,
  type LanguageModel,
  openLocalModel,
  openRunner,
  type Runner,
  type RunnerOptions,
} from "../../src/engine/index.ts";
import { processExists } from "../../src/process-identity.ts";
import { readSystemFile } from "../../src/system-file.ts";
import { writeRandomModel } from "../../src/testing/index.ts";
import { describeLanguageModel } from "../../src/testing/language-model-contract.ts";
import { collect } from "../../src/testing/language-model-contract-generate.ts";

const path = fileURLToPath(new URL("../../models/lab-moe.gguf", import.meta.url));
const TSX = ["--import", "tsx"];
const settings = { path, threads: 1, gpu: "off", context: 512 } as const;
const open = (options: Partial<RunnerOptions> = {}) => openRunner({ ...settings, execArgv: TSX, ...options });

/** Nats; the weights are Q8_0, so sums in another order differ a little more than with F32. */
describeLanguageModel("runner", () => open(), { logp: 0.05 });

async function textOf(model: LanguageModel, request: GenerateRequest): Promise<string> {
  const end = (await collect(model.generate(request))).at(-1);
  return end?.type === "end" ? end.text : "";
}

async function until(condition: () => boolean, ms = 10_000): Promise<void> {
  const deadline = performance.now() + ms;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error("It did not come about in time.");
    await sleep(5);
  }
}

/** Processes that this one has started and that are still there (proc(5)). */
const children = () =>
  readSystemFile(`/proc/${process.pid}/task/${process.pid}/children`).trim().split(" ").filter(Boolean);

const WORDS = ["cat", "dog", "water", "Monday", "house", "green", "seven", "river"];
const ENDLESS = { prompt: [1, 300], maxTokens: 400, ignoreEos: true } as const;

describe("a runner", () => {
  let runner: Runner;
  beforeAll(async () => {
    runner = await open();
  });
  afterAll(() => runner.close());

  it("gives 32 requests at once the text that each gets alone in this process", async () => {
    const local = await openLocalModel(settings);
    const prompts = await Promise.all(
      Array.from({ length: 32 }, (_, at) => {
        const [a, b] = [WORDS[at % 8], WORDS[Math.floor(at / 8) + 4]];
        return local.tokenize(`Input: «${b}»\nOutput: «${b}»\nInput: «${a} ${b}»\nOutput: «`, { bos: true });
      }),
    );
    const request = (prompt: number[]) => ({ prompt, maxTokens: 8, stop: ["»"] });
    const alone: string[] = [];
    for (const prompt of prompts) alone.push(await textOf(local, request(prompt)));
    await local.close();
    expect(new Set(alone).size).toBeGreaterThan(8);
    expect(await Promise.all(prompts.map((prompt) => textOf(runner, request(prompt))))).toEqual(alone);
  });

  it("tells what it holds, while it works and after", async () => {
    let most = 0;
    for await (const _ of runner.generate({ ...ENDLESS, maxTokens: 20 }))
      most = Math.max(most, runner.usage!.active);
    expect(most).toBe(1);
    expect(runner.usage).toMatchObject({ active: 0, waiting: 0 });
    expect(runner.resident).toBeGreaterThan(runner.info.sizeBytes);
  });

  it("stops computing at the next step when a request is given up", async () => {
    const own = await open({ context: 2_048 });
    // It would take several seconds, more on a busy machine.
    const long = { ...ENDLESS, maxTokens: 1_900 };
    const stop = new AbortController();
    const running = collect(own.generate({ ...long, signal: stop.signal }));
    await until(() => own.usage!.active === 1);
    stop.abort();
    await expect(running).rejects.toMatchObject({ code: "CANCELLED" });
    await until(() => own.usage!.active === 0, 1_500);
    for await (const _ of own.generate(long)) break;
    await until(() => own.usage!.active === 0, 1_500);
    await own.close();
  });

  it("leaves it to the parent what the signals of a terminal mean", async () => {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.kill(runner.pid, signal);
    await sleep(50);
    expect(await runner.tokenize("still here")).not.toEqual([]);
  });

  it.runIf(process.platform === "linux")("is not told secrets", async () => {
    process.env.HF_TOKEN = "hf_secret";
    const other = await open();
    delete process.env.HF_TOKEN;
    const environment = readSystemFile(`/proc/${other.pid}/environ`);
    await other.close();
    expect(environment).toContain("PATH=");
    expect(environment).not.toContain("hf_secret");
  });
});

describe("the end of a process", () => {
  it("by kill -9 fails its requests and every later one at once, and touches no other runner", async () => {
    const [victim, other] = await Promise.all([open(), open()]);
    const before = await textOf(other, { ...ENDLESS, maxTokens: 60 });
    const inFlight = [collect(victim.generate(ENDLESS)), victim.score([1, 2, 3]), victim.tokenize("a")];
    const beside = textOf(other, { ...ENDLESS, maxTokens: 60 });
    for await (const event of victim.generate(ENDLESS)) if (event.type === "token") break;
    inFlight.push(collect(victim.generate(ENDLESS)));
    process.kill(victim.pid, "SIGKILL");
    const killed = performance.now();
    const lost = { code: "RUNNER_LOST", message: "The process of lab-moe ended with SIGKILL." };
    await expect(inFlight[0]).rejects.toMatchObject(lost);
    await expect(inFlight.at(-1)).rejects.toMatchObject(lost);
    await expect(collect(victim.generate(ENDLESS))).rejects.toMatchObject(lost);
    await expect(victim.score([1, 2])).rejects.toMatchObject(lost);
    expect(performance.now() - killed).toBeLessThan(5_000);
    expect(await victim.ended).toEqual({ expected: false, how: "SIGKILL" });
    await Promise.allSettled(inFlight);
    // What needs no process still answers, and closing what is gone is no error.
    expect(victim.tokenBytes(300).length).toBeGreaterThan(0);
    await victim.close();
    expect(await beside).toBe(before);
    await other.close();
    expect(await other.ended).toEqual({ expected: true, how: "status 0" });
  });

  it("follows that of its parent, however that ended", async () => {
    const script = fileURLToPath(new URL("../support/runner-parent.ts", import.meta.url));
    const parent = spawn(process.execPath, [...TSX, script, path], { stdio: ["ignore", "pipe", "inherit"] });
    const pid = Number(String((await once(parent.stdout, "data"))[0]));
    expect(processExists(pid)).toBe(true);
    parent.kill("SIGKILL");
    await until(() => !processExists(pid));
  });

  it("on close() cancels what is in flight and gives all memory back", { timeout: 60_000 }, async () => {
    const folder = mkdtempSync(join(tmpdir(), "assay-runner-"));
    try {
      const large = join(folder, "large.gguf");
      const shape = { layers: 2, dim: 512, heads: 8, kvHeads: 2, ffn: 2048, experts: 8, expertsUsed: 2 };
      await writeRandomModel({
        ...shape,
        path: large,
        vocabulary: 600,
        type: "F16",
        seed: 1,
        contextLength: 512,
      });
      const before = process.memoryUsage.rss();
      const model = await open({ path: large, mmap: false });
      expect(model.info.sizeBytes).toBeGreaterThan(90e6);
      expect(model.resident).toBeGreaterThan(model.info.sizeBytes);
      const inFlight = collect(model.generate(ENDLESS));
      await Promise.all([model.close(), expect(inFlight).rejects.toMatchObject({ code: "CANCELLED" })]);
      expect(processExists(model.pid)).toBe(false);
      expect(process.memoryUsage.rss() - before).toBeLessThan(model.info.sizeBytes / 2);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

describe("opening", () => {
  it("reports progress, and leaves no process behind when it is stopped", async () => {
    const before = children();
    const stop = new AbortController();
    const shares: number[] = [];
    const loading = open({
      signal: stop.signal,
      onProgress(share) {
        shares.push(share);
        stop.abort();
      },
    });
    await expect(loading).rejects.toMatchObject({ code: "CANCELLED" });
    expect(shares[0]).toBeLessThanOrEqual(1);
    expect(children()).toEqual(before);
    await expect(open({ signal: AbortSignal.abort() })).rejects.toMatchObject({ code: "CANCELLED" });
  });

  it("fails as a local model does for what is no model", async () => {
    const before = children();
    const folder = mkdtempSync(join(tmpdir(), "assay-runner-"));
    const text = join(folder, "text.gguf");
    const cut = join(folder, "cut.gguf");
    writeFileSync(text, "This is no model.");
    writeFileSync(cut, Buffer.from("GGUF\u0003\0\0\0"));
    for (const path of [join(folder, "nothing.gguf"), folder, text, cut]) {
      const error = await openLocalModel({ ...settings, path }).catch((error) => error);
      const { code, message, hint } = error;
      await expect(open({ path })).rejects.toMatchObject({ code, message, hint });
    }
    rmSync(folder, { recursive: true, force: true });
    expect(children()).toEqual(before);
  });

  it("tells how a process ended that could not even load, without its control characters", async () => {
    const program = "console.error('assertion\\u001b[2J failed\\n  at somewhere'); process.exit(3)";
    const execArgv = ["--import", `data:text/javascript,${encodeURIComponent(program)}`];
    await expect(open({ execArgv })).rejects.toMatchObject({
      code: "MODEL_LOAD",
      message: `The process that loaded ${path} ended with status 3: assertion\\x1b[2J failed.`,
      details: { how: "status 3", stderr: ["assertion\\x1b[2J failed", "at somewhere"] },
    });
  });
});
