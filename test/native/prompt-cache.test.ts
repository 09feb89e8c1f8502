// Computed prompts on disk and back, over llama.cpp: a new process goes on where the last one was.

import { createHash } from "node:crypto";
import { copyFileSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type LocalModel, type LocalModelOptions, openLocalModel } from "../../src/engine/index.ts";

const folder = mkdtempSync(join(tmpdir(), "assay-prompt-cache-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const open = (options: Partial<LocalModelOptions> = {}) =>
  openLocalModel({ path: "models/lab-moe.gguf", threads: 1, gpu: "off", context: 512, ...options });

// A text that repeats itself is continued with wide margins, so rounding decides nothing.
const SENTENCE = "The captain walked along the shore and told the boy what the sea had taken from him. ";
const TEXT = `${SENTENCE.repeat(5)}The captain walked along`;

async function answer(model: LocalModel, prompt: readonly number[], maxTokens = 12) {
  let ids = "";
  for await (const event of model.generate({ prompt, maxTokens, ignoreEos: true }))
    if (event.type === "token") ids += ` ${event.id}`;
    else return { ids, text: event.text, cached: event.cachedTokens };
  throw new Error("no end");
}

describe("a prompt saved by one process and loaded by the next", () => {
  const path = join(folder, "prompt.kv");
  let prompt: number[];
  let first: Awaited<ReturnType<typeof answer>>;
  beforeAll(async () => {
    const model = await open();
    prompt = await model.tokenize(TEXT, { bos: true });
    first = await answer(model, prompt);
    expect(first.cached).toBe(0);
    expect(await model.promptCache.save(prompt, path)).toEqual({
      tokens: prompt.length,
      bytes: statSync(path).size,
    });
    await model.close();
  });

  it("is found by the same request, which gives the same text", async () => {
    const model = await open();
    const loaded = await model.promptCache.load(path);
    expect(loaded).toEqual({ tokens: prompt.length, bytes: statSync(path).size });
    expect(model.usage).toMatchObject({ cached: prompt.length, reserved: 0, active: 0 });
    const second = await answer(model, prompt);
    expect(second).toEqual({ ...first, cached: prompt.length - 1 });
    // Loaded twice it is there once.
    await model.promptCache.load(path);
    expect(model.usage.cached).toBeLessThan(2 * prompt.length);
    await model.close();
  });

  it("is loaded while others generate, without a trace in their texts", async () => {
    const model = await open();
    const others = ["One day", "A house"].map(async (text) =>
      answer(model, await model.tokenize(text, { bos: true }), 60),
    );
    await model.promptCache.load(path);
    expect((await answer(model, prompt)).cached).toBe(prompt.length - 1);
    const beside = await Promise.all(others);
    await model.close();
    const quiet = await open();
    const alone = ["One day", "A house"].map(async (text) =>
      answer(quiet, await quiet.tokenize(text, { bos: true }), 60),
    );
    expect(beside.map(({ text }) => text)).toEqual((await Promise.all(alone)).map(({ text }) => text));
    await quiet.close();
  });

  it("can be a beginning that requests share, saved alone", async () => {
    const model = await open();
    await answer(model, prompt);
    const part = join(folder, "part.kv");
    const wanted = [...prompt.slice(0, 40), 5, 6, 7];
    expect(await model.promptCache.save(wanted, part)).toMatchObject({ tokens: 40 });
    expect(await model.promptCache.save([9, 9], join(folder, "nothing.kv"))).toBeUndefined();
    const { freeSequences, entries, reserved } = model.usage;
    expect({ sequences: freeSequences + entries, reserved }).toEqual({ sequences: 256, reserved: 0 });
    await model.close();
    const next = await open();
    expect(await next.promptCache.load(part)).toMatchObject({ tokens: 40 });
    expect(await answer(next, prompt)).toEqual({ ...first, cached: 40 });
    await next.close();
  });

  it.each(["f32", "q8_0"] as const)("works with a cache of %s", async (kvType) => {
    const own = join(folder, `${kvType}.kv`);
    const model = await open({ kvType });
    const before = await answer(model, prompt);
    await model.promptCache.save(prompt, own);
    await model.close();
    const next = await open({ kvType });
    await next.promptCache.load(own);
    expect(await answer(next, prompt)).toEqual({ ...before, cached: prompt.length - 1 });
    await next.close();
  });

  it("is refused by another model, another kind of cache and a smaller context", async () => {
    for (const [options, code] of [
      [{ path: "models/lab-dense.gguf" }, "DATA_UNAVAILABLE"],
      [{ kvType: "q8_0" }, "DATA_UNAVAILABLE"],
      [{ context: 64 }, "CONTEXT_FULL"],
    ] as const) {
      const model = await open(options);
      await expect(model.promptCache.load(path)).rejects.toMatchObject({ code });
      expect(model.usage).toMatchObject({ cached: 0, reserved: 0 });
      await model.close();
    }
  });

  it("waits for nobody: where running work has all the room, that is said", async () => {
    const model = await open({ context: 300 });
    const running = (async () => {
      for await (const _ of model.generate({ prompt: [1, 2, 3], maxTokens: 240, n: 4, ignoreEos: true }));
    })();
    while (model.usage.active === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(model.usage.cells - model.usage.reserved).toBeLessThan(prompt.length);
    await expect(model.promptCache.load(path)).rejects.toMatchObject({ code: "BUSY" });
    await running;
    expect(await model.promptCache.load(path)).toMatchObject({ tokens: prompt.length });
    expect(model.usage.reserved).toBe(0);
    await model.close();
  });

  it("never reaches llama.cpp in any other form, though its checksum is right", async () => {
    const model = await open();
    const damaged = join(folder, "damaged.kv");
    const whole = readFileSync(path);
    const stateAt = 64 + 4 * prompt.length;
    const seal = (body: Buffer) =>
      writeFileSync(damaged, Buffer.concat([body, createHash("sha256").update(body).digest()]));
    // Up to the first layer's keys everything is structure: magic, counts, positions, types, widths.
    const structure = 16 + 12 * prompt.length + 8 + 12;
    const ignored = (offset: number) => {
      const inCell = (offset - 16) % 12;
      const isCell = offset >= 16 && offset < 16 + 12 * prompt.length;
      return (offset >= 4 && offset < 8) || (isCell && inCell >= 8);
    };
    await fc.assert(
      fc.asyncProperty(fc.nat(structure - 1), fc.nat(7), async (offset, bit) => {
        fc.pre(!ignored(offset));
        const body = Buffer.from(whole.subarray(0, -32));
        body[stateAt + offset]! ^= 1 << bit;
        seal(body);
        await expect(model.promptCache.load(damaged)).rejects.toMatchObject({ code: "DATA_UNAVAILABLE" });
      }),
      { numRuns: 60 },
    );
    expect(model.usage).toMatchObject({ cached: 0, reserved: 0 });
    copyFileSync(path, damaged);
    expect(await model.promptCache.load(damaged)).toMatchObject({ tokens: prompt.length });
    expect((await answer(model, prompt)).text).toBe(first.text);
    await model.close();
  });

  it("is cancelled when the model closes", async () => {
    const model = await open();
    await model.close();
    await expect(model.promptCache.load(path)).rejects.toMatchObject({ code: "CANCELLED" });
    await expect(model.promptCache.save(prompt, path)).rejects.toMatchObject({ code: "CANCELLED" });
  });
});
