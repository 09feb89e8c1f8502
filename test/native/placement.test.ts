// Placement reaches llama.cpp, changes no result that it must not change, and its memory is known beforehand.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { contextShape, openLocalModel, type ThreadChoice, threadChooser } from "../../src/engine/index.ts";
import {
  type BufferSizes,
  completePlacement,
  createContext,
  loadLibrary,
  loadModel,
  type PlacementWishes,
  readBufferLog,
} from "../../src/llama/index.ts";
import { memoryFacts, predictMemory, readGguf, requireMemory } from "../../src/models/index.ts";
import { writeRandomModel, writeSparseMixtral } from "../../src/testing/index.ts";

const folder = mkdtempSync(join(tmpdir(), "assay-placement-"));
const random = join(folder, "random.gguf");
const mixtral = join(folder, "mixtral.gguf");
const labMoe = join(import.meta.dirname, "../../models/lab-moe.gguf");
const MIB = 2 ** 20;
/** The child that plans a load is TypeScript here. */
const execArgv = ["--import", "tsx"];

beforeAll(async () => {
  const width = { dim: 256, heads: 4, kvHeads: 2, ffn: 512, experts: 4, expertsUsed: 2 };
  await writeRandomModel({ path: random, layers: 3, ...width, vocabulary: 600, type: "Q8_0", seed: 2 });
  await writeSparseMixtral({ path: mixtral });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const library = loadLibrary({ gpu: "off" });

/** Loads with a context and tells what llama.cpp logged. */
async function realLoad(path: string, wishes: PlacementWishes, cells = 1_024): Promise<string[]> {
  const lines: string[] = [];
  const stop = library.log.listen((line) => lines.push(line));
  const model = await loadModel(library, { path, gpuLayers: 0, ...wishes });
  const { batchSize, kvType } = completePlacement(wishes);
  createContext(model, { cells, batch: batchSize, sequences: 4, threads: 1, kvType });
  stop();
  model.dispose();
  return lines;
}

const total = (sizes: BufferSizes[keyof BufferSizes]) =>
  [...sizes.values()].reduce<number>((sum, it) => sum + Number(it), 0);

describe("a placement", () => {
  it.each([
    [{}, "load_mode = mmap)"],
    [{ mmap: false }, "load_mode = none)"],
    [{ mlock: true }, "load_mode = mmap+mlock)"],
    [{ mmap: false, mlock: true }, "load_mode = mlock)"],
    [{ kvType: "q8_0" }, "K (q8_0)"],
    [{ kvType: "q4_0" }, "V (q4_0)"],
    [{ kvType: "f32" }, "V (f32)"],
    [{ batchSize: 320 }, "n_ubatch              = 320"],
  ] as const)("%j is what llama.cpp says it does: %s", async (wishes, said) => {
    expect((await realLoad(random, wishes)).join("\n")).toContain(said);
  });

  it("puts the experts, and nothing else, where --experts cpu says", async () => {
    const { tensors } = readBufferLog(await realLoad(random, { experts: "cpu" }));
    const names = [0, 1, 2].flatMap((layer) =>
      ["down", "gate", "up"].map((part) => `blk.${layer}.ffn_${part}_exps.weight`),
    );
    expect([...tensors.keys()].sort()).toEqual(names);
    expect(readBufferLog(await realLoad(random, {})).tensors.size).toBe(0);
  });

  it("takes shares for as many devices as llama.cpp knows, and no more", async () => {
    await realLoad(random, { tensorSplit: [3, 1], splitMode: "row" });
    await expect(realLoad(random, { tensorSplit: new Array<number>(1_000).fill(1) })).rejects.toThrow(
      expect.objectContaining({ code: "USAGE" }),
    );
  });

  const ids = Array.from({ length: 200 }, (_, at) => 270 + ((at * 37) % 300));
  const score = async (wishes: PlacementWishes) => {
    // Steps bounded by time would cut the batches by the clock.
    const engine = { gpu: "off", context: 512, threads: 1, stepMs: Number.POSITIVE_INFINITY } as const;
    const model = await openLocalModel({ path: random, ...engine, ...wishes });
    try {
      const probes = [];
      const cases = ids.map((id) => ({ tail: [id, 271], target: 272 }));
      for await (const { logp, rank } of model.probe(ids, cases)) probes.push([logp, rank]);
      return { scores: [...(await model.score(ids))].slice(1), probes };
    } finally {
      await model.close();
    }
  };

  it("changes no bit of a probe by threads, by the way of reading or by experts in RAM that are there anyway", async () => {
    const plain = await score({});
    for (const wishes of [
      { threads: 2 },
      { threads: 3 },
      { mmap: false },
      { mlock: true },
      { experts: "cpu" },
    ] as const)
      expect(await score(wishes), JSON.stringify(wishes)).toEqual(plain);
  });

  it("moves log-probabilities by a smaller cache, a little", async () => {
    const { scores } = await score({ kvType: "f32" });
    const meanMove = async (kvType: "q8_0" | "q4_0") => {
      const other = (await score({ kvType })).scores;
      return scores.reduce((sum, it, at) => sum + Math.abs(it - other[at]!), 0) / scores.length;
    };
    const [eight, four] = [await meanMove("q8_0"), await meanMove("q4_0")];
    expect(eight).toBeGreaterThan(0);
    expect(four).toBeGreaterThan(eight);
    expect(eight).toBeLessThan(0.2);
  });
});

describe("predicted memory", () => {
  it.each([{ kvType: "f16" }, { kvType: "q8_0", batchSize: 256 }, { kvType: "f32", mmap: false }] as const)(
    "is what a real load of lab-moe logs, with %j",
    async (wishes) => {
      const cells = 4_096;
      const predicted = await predictMemory(labMoe, wishes, { cells, sequences: 4, gpu: "off", execArgv });
      const real = readBufferLog(await realLoad(labMoe, wishes, cells));
      expect(predicted.source).toBe("llama.cpp");
      for (const [part, logged] of [
        [predicted.weights, total(real.weights)],
        [predicted.kvCache, total(real.kvCache)],
        [predicted.compute, total(real.compute)],
      ] as const)
        expect(Math.abs(part - logged)).toBeLessThanOrEqual(Math.max(0.05 * logged, 8 * MIB));
      expect(predicted.ram.mapped > 0).toBe(wishes.kvType !== "f32");
    },
  );

  it("of Mixtral: 26.49 GiB of weights, 512 MiB of cache at 4,096, half as much in q8_0", async () => {
    const predict = (wishes: PlacementWishes) => predictMemory(mixtral, wishes, { gpu: "off", execArgv });
    const { weights, kvCache, compute, ram } = await predict({});
    expect(weights / 2 ** 30).toBeCloseTo(26.49, 1);
    expect(ram.mapped + ram.copied).toBe(weights);
    expect(kvCache).toBe(512 * MIB);
    expect(compute).toBeGreaterThan(50 * MIB);
    expect((await predict({ kvType: "q8_0" })).kvCache).toBeCloseTo(512 * MIB * (17 / 32), -5);
  });

  it("refuses Mixtral on 24 GiB before a byte is read, and lets it pass on 64", async () => {
    const { cells, batch, sequences } = contextShape(4_096, 512);
    const options = { cells, sequences, gpu: "off", execArgv } as const;
    const prediction = await predictMemory(mixtral, { batchSize: batch }, options);
    const gguf = await readGguf(mixtral);
    const check = (gib: number) => {
      const bytes = gib * 2 ** 30;
      const facts = { ...memoryFacts(), available: bytes, total: bytes };
      return requireMemory({ gguf, prediction, facts, placement: completePlacement({}), context: 4_096 });
    };
    expect(() => check(24)).toThrow(expect.objectContaining({ code: "OUT_OF_MEMORY" }));
    expect(check(64).verdict).toBe("fits");
  });

  it.each([
    ["a child that cannot start", { execArgv: ["--no-such-flag"] }],
    ["a library that is not there", { execArgv, unsafeLib: join(folder, "nowhere") }],
  ])("is an estimate that says so after %s", async (_, options) => {
    const reasons: string[] = [];
    const onFallback = (reason: string) => reasons.push(reason);
    const estimate = await predictMemory(labMoe, {}, { ...options, onFallback });
    expect(estimate.source).toBe("estimated");
    expect(reasons).toHaveLength(1);
    const planned = await predictMemory(labMoe, {}, { gpu: "off", execArgv });
    expect(Math.abs(estimate.weights - planned.weights)).toBeLessThan(MIB);
    expect(estimate.kvCache).toBe(planned.kvCache);
  });

  it("can be stopped", async () => {
    await expect(predictMemory(labMoe, {}, { execArgv, signal: AbortSignal.abort() })).rejects.toThrow(
      expect.objectContaining({ code: "CANCELLED" }),
    );
  });
});

describe("threads", () => {
  it("are measured once on a model large enough, and remembered", async () => {
    const choices: ThreadChoice[] = [];
    const cacheDir = join(folder, "cache");
    const open = async (leastBytes?: number) => {
      const onChoice = (choice: ThreadChoice) => choices.push(choice);
      const cores = { physical: 1, logical: 2 };
      const chooseThreads = threadChooser({ cacheDir, onChoice, cores, leastBytes });
      await (await openLocalModel({ path: random, gpu: "off", context: 512, chooseThreads })).close();
    };
    await open();
    expect(choices).toEqual([]);
    await open(1);
    await open(1);
    expect(choices.map(({ isRemembered }) => isRemembered)).toEqual([false, true]);
    expect(choices[0]!.speeds.map(({ threads }) => threads)).toEqual([1, 2]);
    expect(choices[0]!.speeds.every(({ prompt, decode }) => prompt > 0 && decode > 0)).toBe(true);
    expect(choices[1]!.threads).toBe(choices[0]!.threads);

    const file = join(cacheDir, "threads.json");
    for (const damaged of [
      "{",
      '{"x": null}',
      readFileSync(file, "utf8").replaceAll(/"prompt": [^,]+/g, '"prompt": "fast"'),
    ]) {
      writeFileSync(file, damaged);
      await open(1);
      expect(choices.at(-1)).toMatchObject({ isRemembered: false });
    }
  });
});
