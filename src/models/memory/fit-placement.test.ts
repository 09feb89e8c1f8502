import { describe, expect, it } from "vitest";
import { completePlacement, type Placement } from "../../llama/index.ts";
import { fitPlacement } from "./fit-placement.ts";
import type { MemoryFacts } from "./memory-facts.ts";
import { sumMemory } from "./memory-prediction.ts";

const GIB = 2 ** 30;
const facts: MemoryFacts = { available: 64 * GIB, total: 64 * GIB, limit: "machine" };
/** Mixtral in short: 32 layers and the output, 0.8 GiB each, all but 0.05 of it experts. */
const model = { layers: 32, experts: 8 };

/** Plans of that model on a GPU with so much free memory; counts how often it is asked. */
function planner(freeGib: number) {
  const asked: Placement[] = [];
  const predict = async (placement: Placement) => {
    asked.push(placement);
    const layers = placement.gpuLayers === "auto" ? 33 : Math.min(33, placement.gpuLayers);
    const onGpu = layers * (placement.experts === "cpu" ? 0.05 : 0.8) * GIB;
    const ram = { mapped: 33 * 0.8 * GIB - onGpu, copied: 0, kvCache: 0, compute: 0 };
    const gpu = { name: "CUDA0", kvCache: 0, compute: 0, totalBytes: 80 * GIB };
    return sumMemory(
      "llama.cpp",
      ram,
      layers > 0 ? [{ ...gpu, weights: onGpu, freeBytes: freeGib * GIB }] : [],
    );
  };
  return { asked, predict };
}

const placed = async (freeGib: number, wishes: Partial<Placement> = {}, experts = 8) => {
  const { asked, predict } = planner(freeGib);
  const placement = completePlacement(wishes);
  const fitted = await fitPlacement({ model: { ...model, experts }, placement, facts, predict });
  return { ...fitted.placement, plans: asked.length };
};

describe("auto on a GPU", () => {
  it("takes everything where it fits, with one plan", async () => {
    expect(await placed(40)).toMatchObject({ gpuLayers: "auto", experts: "auto", plans: 1 });
  });

  it("leaves a mixture's experts in RAM first", async () => {
    expect(await placed(8)).toMatchObject({ gpuLayers: "auto", experts: "cpu", plans: 2 });
  });

  it("then takes as many layers as fit, beside the margin", async () => {
    // Of two GiB one is the margin: 20 layers of 0.05.
    expect(await placed(2.01)).toMatchObject({ gpuLayers: 20, experts: "cpu" });
    // A dense model of the same size: (8 - 1) / 0.8.
    expect(await placed(8, {}, 0)).toMatchObject({ gpuLayers: 8, experts: "auto" });
    expect((await placed(8, {}, 0)).plans).toBeLessThanOrEqual(8);
  });

  it("may take none", async () => {
    expect(await placed(0.5, {}, 0)).toMatchObject({ gpuLayers: 0 });
  });

  it("never changes what was chosen", async () => {
    expect(await placed(8, { gpuLayers: 33, experts: "gpu" })).toMatchObject({
      gpuLayers: 33,
      experts: "gpu",
      plans: 1,
    });
    expect(await placed(8, { experts: "gpu" })).toMatchObject({ gpuLayers: 8, experts: "gpu" });
  });
});
