import { describe, expect, it } from "vitest";
import { loadConfig } from "../config.ts";
import { completePlacement } from "../llama/index.ts";
import { autoOrCount, idlePlacement, placementOf } from "./placement.ts";

const config = (env: NodeJS.ProcessEnv = {}) => loadConfig({ env, cwd: "/nowhere", home: "/nowhere" }).values;

describe("placement of the settings", () => {
  it("is the engine's default where nothing is set", () => {
    expect(placementOf(config())).toEqual(completePlacement({}));
  });

  it("reads shares, and auto for the batch", () => {
    const env = {
      ASSAY_TENSOR_SPLIT: "3,1",
      ASSAY_BATCH: "auto",
      ASSAY_KV_TYPE: "q8_0",
      ASSAY_MMAP: "false",
    };
    expect(placementOf(config(env))).toMatchObject({
      tensorSplit: [3, 1],
      batchSize: 512,
      kvType: "q8_0",
      mmap: false,
    });
  });
});

describe("what has no effect", () => {
  const idle = (wishes: object, facts: object = {}, gpu: "auto" | "off" = "auto") =>
    idlePlacement({ placement: completePlacement(wishes), gpu }, { gpus: 0, experts: 8, ...facts });

  it("is nothing where nothing was chosen, or where a GPU heeds it", () => {
    expect(idle({})).toEqual([]);
    expect(idle({ experts: "cpu", gpuLayers: 5 }, { gpus: 1 })).toEqual([]);
    expect(idle({ splitMode: "row", tensorSplit: [3, 1] }, { gpus: 2 })).toEqual([]);
    expect(idle({ gpuLayers: 0 })).toEqual([]);
  });

  it.each([
    [{ experts: "cpu" }, {}, "--experts cpu has no effect: no GPU is in use here."],
    [{ experts: "cpu" }, { gpus: 1, experts: 0 }, "--experts cpu has no effect: the model has no experts."],
    [{ gpuLayers: 12 }, {}, "--gpu-layers 12 has no effect: no GPU is in use here."],
    [{ splitMode: "row" }, { gpus: 1 }, "--split-mode row has no effect: there is one GPU."],
    [{ tensorSplit: [3, 1] }, { gpus: 1 }, "--tensor-split 3,1 has no effect: there is one GPU."],
  ])("is said once: %j with %j", (wishes, facts, sentence) => {
    expect(idle(wishes, facts)).toEqual([sentence]);
  });

  it("names --gpu off as the reason", () => {
    expect(idle({ gpuLayers: 3 }, {}, "off")[0]).toContain("--gpu off");
  });
});

it("reads auto or a number", () => {
  const read = autoOrCount(0);
  expect([read("auto"), read("0"), read("12")]).toEqual([0, 0, 12]);
  for (const text of ["", "-1", "1.5", "Auto", "0x10", "1e9"])
    expect(() => read(text)).toThrow("Expected auto");
});
