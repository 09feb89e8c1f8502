// The scheduler over llama.cpp: sequences never see each other, what ends leaves nothing behind, an abort
// takes effect, and closing gives memory back.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { GenerateEvent, LanguageModel, ProbeResult } from "../../src/engine/index.ts";
import { type LocalModel, openLocalModel } from "../../src/engine/index.ts";
import { writeRandomModel } from "../../src/testing/index.ts";
import { describeLanguageModel } from "../../src/testing/language-model-contract.ts";

const folder = mkdtempSync(join(tmpdir(), "assay-native-"));
const path = join(folder, "random.gguf");

beforeAll(async () => {
  // F32 keeps rounding noise far below what another sequence's tokens would cause.
  await writeRandomModel({
    path,
    layers: 2,
    dim: 64,
    heads: 4,
    kvHeads: 2,
    ffn: 96,
    experts: 4,
    expertsUsed: 2,
    vocabulary: 600,
    type: "F32",
    seed: 1,
    contextLength: 512,
  });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const open = (options = {}) => openLocalModel({ path, threads: 1, gpu: "off", ...options });

async function collect<T>(source: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of source) items.push(item);
  return items;
}

/**
 * Nats by which ln p may differ from a plain evaluation: the cache keeps keys and values in 16 bits, and the
 * order of sums depends on who shares a batch. Measured over 40 random schedules: at most 0.003.
 * One wrong token in the prompt moves ln p by far more, as the first test of "sequences" shows.
 */
const NOISE = 0.01;

describeLanguageModel("local", open, { logp: NOISE });

/** A single case alone in a fresh pass: nothing shared, nothing beside it. */
async function alone(
  model: LanguageModel,
  prefix: readonly number[],
  tail: readonly number[],
  target: number,
) {
  const scores = await model.score([...prefix, ...tail, target]);
  return scores.at(-1)!;
}

describe("with nothing kept", () => {
  it("a page is computed from nothing, whatever ran before it: a resumed mine equals an undisturbed one", async () => {
    const model = await open({ keepTokens: 0, stepMs: Number.POSITIVE_INFINITY });
    try {
      const prefix = [1, ...Array.from({ length: 60 }, (_, at) => 300 + at)];
      const cases = Array.from({ length: 40 }, (_, at) => ({ tail: [320 + at, 330], target: 340 + at }));
      const page = async () => (await collect(model.probe(prefix, cases))).sort((a, b) => a.index - b.index);
      const first = await page();
      expect(model.usage).toMatchObject({ cached: 0, entries: 0 });
      await collect(model.generate({ prompt: [...prefix, 300], maxTokens: 3 }));
      expect(model.usage).toMatchObject({ cached: 0, entries: 0 });
      expect(await page()).toEqual(first);
    } finally {
      await model.close();
    }
  });
});

describe("sequences", () => {
  let model: LocalModel;
  beforeAll(async () => {
    model = await open({ context: 512 });
  });
  afterAll(() => model.close());

  it("would show a foreign token: one changed id moves ln p far beyond the noise", async () => {
    const prompt = [300, 301, 302, 303, 304, 305];
    const before = await alone(model, prompt, [306], 307);
    const moves = await Promise.all(
      prompt.map(async (_, at) => Math.abs((await alone(model, prompt.with(at, 500), [306], 307)) - before)),
    );
    expect(moves.filter((move) => move > 3 * NOISE).length).toBeGreaterThan(prompt.length / 2);
  });

  const id = fc.integer({ min: 270, max: 599 });
  const work = fc.oneof(
    fc.record({
      kind: fc.constant("probe" as const),
      prefix: fc.array(id, { maxLength: 20 }),
      cases: fc.array(fc.record({ tail: fc.array(id, { minLength: 1, maxLength: 6 }), target: id }), {
        minLength: 1,
        maxLength: 40,
      }),
    }),
    fc.record({
      kind: fc.constant("generate" as const),
      prompt: fc.array(id, { minLength: 1, maxLength: 40 }),
      maxTokens: fc.integer({ min: 1, max: 12 }),
      n: fc.integer({ min: 1, max: 3 }),
      abortAfter: fc.option(fc.integer({ min: 0, max: 6 }), { nil: undefined }),
    }),
  );

  it("never see another's tokens, whatever runs beside them and whoever stops", {
    timeout: 170_000,
  }, async () => {
    let worst = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(work, { minLength: 1, maxLength: 5 }), async (jobs) => {
        const outcomes = await Promise.all(
          jobs.map(async (job) => {
            if (job.kind === "probe") return collect(model.probe(job.prefix, job.cases));
            const stop = new AbortController();
            const events: GenerateEvent[] = [];
            try {
              const stream = model.generate({
                prompt: job.prompt,
                maxTokens: job.maxTokens,
                n: job.n,
                ignoreEos: true,
                logprobs: 0,
                signal: stop.signal,
              });
              for await (const event of stream) {
                events.push(event);
                if (events.length === job.abortAfter) stop.abort();
              }
            } catch (error) {
              expect((error as { code?: string }).code).toBe("CANCELLED");
            }
            return events;
          }),
        );
        for (const [index, job] of jobs.entries()) {
          if (job.kind === "probe") {
            const results = outcomes[index] as ProbeResult[];
            expect(results.map((r) => r.index).sort((a, b) => a - b)).toEqual([...job.cases.keys()]);
            for (const result of results.slice(0, 3)) {
              const { tail, target } = job.cases[result.index]!;
              const difference = Math.abs(result.logp - (await alone(model, job.prefix, tail, target)));
              worst = Math.max(worst, difference);
              expect(difference).toBeLessThan(NOISE);
            }
          } else {
            const events = outcomes[index] as GenerateEvent[];
            for (let sample = 0; sample < job.n; sample++) {
              const chosen = events.filter((e) => e.type === "token" && e.sample === sample) as Extract<
                GenerateEvent,
                { type: "token" }
              >[];
              const scores = await model.score([...job.prompt, ...chosen.map((e) => e.id)]);
              chosen.forEach((event, at) => {
                const difference = Math.abs(event.logprob! - scores[job.prompt.length + at]!);
                worst = Math.max(worst, difference);
                expect(difference).toBeLessThan(NOISE);
              });
            }
          }
        }
        const { active, waiting, reserved, freeSequences, entries } = model.usage;
        expect({ active, waiting, reserved }).toEqual({ active: 0, waiting: 0, reserved: 0 });
        expect(freeSequences + entries).toBe(256);
      }),
      { numRuns: 40 },
    );
    console.log(`largest difference to a plain evaluation: ${worst.toExponential(1)} nats`);
  });

  it("share cached prefixes and say so", async () => {
    const prompt = Array.from({ length: 40 }, (_, i) => 300 + i);
    const ends = async () =>
      (await collect(model.generate({ prompt, maxTokens: 2, ignoreEos: true }))).find(
        (e) => e.type === "end",
      ) as Extract<GenerateEvent, { type: "end" }>;
    await ends();
    expect((await ends()).cachedTokens).toBe(39);
  });

  it("queue when the cache is full and all finish", async () => {
    const requests = Array.from({ length: 12 }, (_, i) =>
      collect(
        model.generate({
          prompt: Array.from({ length: 100 }, (_, at) => 300 + ((at * 7 + i * 31) % 290)),
          maxTokens: 100,
          ignoreEos: true,
        }),
      ),
    );
    for (const events of await Promise.all(requests))
      expect(events.filter((e) => e.type === "token")).toHaveLength(100);
    expect(model.usage.reserved).toBe(0);
  });
});

describe("batches of any size", () => {
  it.each([12, 64, 512])("of %i tokens give what a plain evaluation gives", async (batchSize) => {
    const model = await open({ context: 256, batchSize });
    const prefix = Array.from({ length: 30 }, (_, i) => 300 + ((i * 37) % 290));
    const cases = Array.from({ length: 100 }, (_, i) => ({
      tail: [290 + i, 301, 302].slice(0, 1 + (i % 3)),
      target: 590 - i,
    }));
    for (const shared of [prefix, []]) {
      const asked =
        shared.length > 0 ? cases : cases.map((it) => ({ ...it, tail: [...prefix.slice(0, 8), ...it.tail] }));
      const results = await collect(model.probe(shared, asked));
      expect(results).toHaveLength(cases.length);
      for (const { index, logp } of results.filter((_, i) => i % 10 === 0)) {
        const { tail, target } = asked[index]!;
        expect(Math.abs(logp - (await alone(model, shared, tail, target)))).toBeLessThan(NOISE);
      }
    }
    await model.close();
  });
});

describe("the queue", () => {
  it("refuses when full and ends what waits on close", async () => {
    const model = await open({ context: 128, queueLimit: 2 });
    const start = (i: number) =>
      model.generate({ prompt: [300 + i], maxTokens: 100, ignoreEos: true })[Symbol.asyncIterator]();
    const running = start(0);
    await running.next();
    const rest = [1, 2].map(start);
    expect(() => start(3)).toThrow(expect.objectContaining({ code: "BUSY" }));
    const outcomes = [running, ...rest].map(async (iterator) => {
      for (;;) if ((await iterator.next()).done) return "ended";
    });
    await model.close();
    for (const outcome of outcomes) await expect(outcome).rejects.toMatchObject({ code: "CANCELLED" });
    const late = async () => collect(model.generate({ prompt: [300], maxTokens: 1 }));
    await expect(late()).rejects.toMatchObject({ code: "CANCELLED" });
  });
});

describe("the cache", () => {
  const request = (i: number, tokens: number) => ({
    prompt: Array.from({ length: tokens }, (_, at) => 300 + ((at * 7 + i * 31) % 290)),
    maxTokens: 20,
    ignoreEos: true,
    client: `${i}`,
  });

  it("has room for as many long requests as cacheTokens say, each within the context", async () => {
    const model = await open({ context: 128, cacheTokens: 8 * 128 });
    expect(model.usage.cells).toBeGreaterThanOrEqual(8 * 128 + 512);
    expect(model.info.context).toBe(128);
    const requests = Array.from({ length: 8 }, (_, i) => collect(model.generate(request(i, 108))));
    while (model.usage.active === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    expect(model.usage).toMatchObject({ active: 8, waiting: 0 });
    await Promise.all(requests);
    expect(() => model.generate(request(1, 120))).toThrow(expect.objectContaining({ code: "CONTEXT_FULL" }));
    await model.close();
  });

  it("of a small model is not full of what others have left when a request begins", async () => {
    const model = await open({ context: 512, cacheTokens: 4_096 });
    for (let i = 0; i < 12; i++) await collect(model.generate(request(i, 200)));
    expect(model.usage.cached).toBeLessThan(256 + 220);
    // The last one is still there, as is whatever the request itself begins with.
    const events = await collect(model.generate(request(11, 200)));
    expect(events.at(-1)).toMatchObject({ cachedTokens: 199 });
    await model.close();
  });

  it("tells where a request's time went", async () => {
    const model = await open({ context: 512 });
    const started = performance.now();
    const end = (await collect(model.generate(request(1, 200)))).at(-1) as Extract<
      GenerateEvent,
      { type: "end" }
    >;
    const { queued, prompt, generation } = end.timings!;
    expect(Math.min(queued, prompt, generation)).toBeGreaterThanOrEqual(0);
    expect(queued + prompt + generation).toBeLessThanOrEqual(performance.now() - started);
    expect(prompt).toBeGreaterThan(0);
    await model.close();
  });
});

describe("closing", () => {
  it("gives memory back: 50 loads leave no slope", { timeout: 120_000 }, async () => {
    const large = join(folder, "large.gguf");
    const shape = { layers: 4, dim: 256, heads: 4, kvHeads: 4, ffn: 256, experts: 4, expertsUsed: 2 };
    await writeRandomModel({
      path: large,
      ...shape,
      vocabulary: 2000,
      type: "F16",
      seed: 2,
      contextLength: 2048,
    });
    let cacheBytes = 0;
    const once = async () => {
      const model = await openLocalModel({ path: large, threads: 1, gpu: "off", context: 2048 });
      cacheBytes = model.usage.cells * 2 * shape.layers * shape.dim * 2;
      await collect(model.probe([300, 301], [{ tail: [302], target: 303 }]));
      await collect(
        model.generate({ prompt: [300], maxTokens: 3, grammar: "root ::= [a-z]+", temperature: 1 }),
      );
      await model.close();
      await model.close();
    };
    // The allocator keeps some memory at first, so the slope is taken over the second half.
    for (let i = 0; i < 25; i++) await once();
    const before = process.memoryUsage().rss;
    for (let i = 0; i < 25; i++) await once();
    const growth = (process.memoryUsage().rss - before) / 25;
    expect(cacheBytes).toBeGreaterThan(8e6);
    expect(growth).toBeLessThan(cacheBytes / 8);
  });
});
