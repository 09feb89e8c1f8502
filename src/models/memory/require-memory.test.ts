import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isAppError } from "../../errors.ts";
import { completePlacement, type PlacementWishes } from "../../llama/index.ts";
import { writeSparseMixtral } from "../../testing/index.ts";
import type { Gguf } from "../gguf/gguf.ts";
import { readGguf } from "../gguf/read-gguf.ts";
import { assessMemory } from "./assess-memory.ts";
import type { MemoryFacts } from "./memory-facts.ts";
import { type DeviceMemory, type RamMemory, sumMemory } from "./memory-prediction.ts";
import { requireMemory } from "./require-memory.ts";

const GIB = 2 ** 30;
const NONE: RamMemory = { mapped: 0, copied: 0, kvCache: 0, compute: 0 };
const machine = (available: number, total = available): MemoryFacts => ({
  available: available * GIB,
  total: total * GIB,
  limit: "machine",
});
const gpuWith = (weights: number, free: number): DeviceMemory => ({
  name: "CUDA0",
  weights: weights * GIB,
  kvCache: GIB / 2,
  compute: GIB / 4,
  freeBytes: free * GIB,
  totalBytes: 24 * GIB,
});

let folder: string;
let mixtral: Gguf;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "assay-require-"));
  mixtral = await readGguf(await writeSparseMixtral({ path: join(folder, "mixtral.gguf") }));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** The refusal of a Mixtral with that much in RAM. */
function refusal(
  ram: RamMemory,
  facts: MemoryFacts,
  wishes: PlacementWishes = {},
  gpus: DeviceMemory[] = [],
) {
  try {
    requireMemory({
      gguf: mixtral,
      prediction: sumMemory("llama.cpp", ram, gpus),
      facts,
      placement: completePlacement(wishes),
      context: 4_096,
    });
  } catch (error) {
    if (!isAppError(error)) throw error;
    return error;
  }
  throw new Error("It was not refused.");
}

describe("what fits", () => {
  const mapped = { ...NONE, mapped: 20 * GIB, kvCache: GIB };
  it("lets mapped weights exceed what is free, with a warning, but not what there is", () => {
    const verdict = (facts: MemoryFacts) => assessMemory(sumMemory("llama.cpp", mapped, []), facts).verdict;
    expect(verdict(machine(24))).toBe("fits");
    expect(verdict(machine(8, 24))).toBe("tight");
    expect(verdict(machine(8, 16))).toBe("too-large");
    expect(verdict(machine(1, 24))).toBe("too-large");
  });

  it("wants copied weights in free memory", () => {
    const copied = sumMemory("llama.cpp", { ...NONE, copied: 20 * GIB, kvCache: GIB }, []);
    expect(assessMemory(copied, machine(8, 24))).toMatchObject({ verdict: "too-large", where: "ram" });
  });

  it("never refuses more as memory grows", () => {
    const order = ["fits", "tight", "too-large"];
    const size = fc.integer({ min: 0, max: 64 }).map((it) => it * GIB);
    fc.assert(
      fc.property(size, size, size, size, size, (mapped, copied, kvCache, available, more) => {
        const prediction = sumMemory("llama.cpp", { mapped, copied, kvCache, compute: 0 }, []);
        const rank = (free: number) =>
          order.indexOf(
            assessMemory(prediction, { available: free, total: 64 * GIB, limit: "machine" }).verdict,
          );
        return rank(available + more) <= rank(available);
      }),
    );
  });

  it("leaves a GPU a margin, and asks none that tells no size", () => {
    const verdict = (gpu: DeviceMemory) =>
      assessMemory(sumMemory("llama.cpp", NONE, [gpu]), machine(8)).verdict;
    expect(verdict(gpuWith(20, 22))).toBe("fits");
    expect(verdict(gpuWith(20, 21))).toBe("too-large");
    expect(verdict({ ...gpuWith(20, 0), totalBytes: 0 })).toBe("fits");
  });
});

describe("the refusal", () => {
  it("has the figures and three ways out", () => {
    const error = refusal(
      { mapped: 6.5 * GIB, copied: 20 * GIB, kvCache: GIB / 2, compute: GIB / 4 },
      machine(22, 24),
    );
    expect(error.code).toBe("OUT_OF_MEMORY");
    expect(error.message).toContain("needs 27.44 GiB");
    expect(error.message).toContain("24.00 GiB in all");
    expect(error.details?.waysOut).toHaveLength(3);
    expect(error.hint).toContain("(1) a smaller quantisation: Q3_K_M has about 21.75 GiB");
    expect(error.hint).toContain("--no-memory-check");
  });

  it("names a context that fits, to the token", () => {
    // 32,768 tokens of Mixtral take 4 GiB in f16; one GiB too much is 8,192 tokens too many.
    const ram = { ...NONE, copied: 20 * GIB, kvCache: 4 * GIB };
    const facts = { available: 23 * GIB + 192 * 2 ** 20, total: 64 * GIB, limit: "machine" } as const;
    const call = () =>
      requireMemory({
        gguf: mixtral,
        prediction: sumMemory("llama.cpp", ram, []),
        facts,
        placement: completePlacement({}),
        context: 32_768,
      });
    expect(call).toThrow(
      expect.objectContaining({
        hint: expect.stringMatching(
          /--context 24576 fits; \(2\) a smaller cache: --kv-type q8_0 saves 1\.88 GiB/,
        ),
      }),
    );
  });

  it("says about a GPU: experts in RAM, fewer layers", () => {
    const error = refusal({ ...NONE, mapped: GIB }, machine(60), {}, [gpuWith(25, 16)]);
    expect(error.message).toContain("CUDA0 has 16.00 GiB free");
    expect(error.hint).toMatch(/\(1\) keep the experts in RAM: --experts cpu/);
    const layers = Number(/--gpu-layers (\d+)/.exec(error.hint ?? "")?.[1]);
    // 25.5 GiB over 33 layers; 14.75 of the 16 are left beside buffers and margin.
    expect((layers * 25.5) / 33).toBeLessThanOrEqual(14.75);
    expect(((layers + 2) * 25.5) / 33).toBeGreaterThan(14.75);
  });

  it("calls an estimate an estimate", () => {
    const call = () =>
      requireMemory({
        gguf: mixtral,
        prediction: sumMemory("estimated", { ...NONE, mapped: 30 * GIB }, []),
        facts: { ...machine(8), limit: "container" },
        placement: completePlacement({}),
        context: 4_096,
      });
    expect(call).toThrow(/needs about 30\.19 GiB .* this container has 8\.00 GiB/);
  });
});
