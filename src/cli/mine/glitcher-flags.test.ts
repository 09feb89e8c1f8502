import { expect, it } from "vitest";
import { translateGlitcherFlags } from "./glitcher-flags.ts";

const ours = { hasBudget: false, usesK: false };

it("makes a budget of iterations and batch size, with glitcher's default for the one that lacks", () => {
  expect(translateGlitcherFlags({ numIterations: 50, batchSize: 8 }, ours).budget).toEqual({ probes: 400 });
  expect(translateGlitcherFlags({ numIterations: 10 }, ours).budget).toEqual({ probes: 80 });
  expect(translateGlitcherFlags({ batchSize: 2 }, ours).budget).toEqual({ probes: 100 });
  expect(translateGlitcherFlags({}, ours)).toEqual({ budget: undefined, gpu: undefined, notes: [] });
});

it("says what gives way to our own budget", () => {
  const { budget, notes } = translateGlitcherFlags({ batchSize: 2 }, { ...ours, hasBudget: true });
  expect(budget).toBeUndefined();
  expect(notes).toHaveLength(1);
});

it.each([{ k: 32 }, { saveInterval: 5 }, { progressFile: "p.json" }, { reasoningLevel: "deep" }])(
  "says that %j means nothing",
  (options) => {
    expect(translateGlitcherFlags(options, ours).notes).toEqual([expect.stringContaining("says nothing")]);
  },
);

it("is silent about k where neighbours are looked at", () => {
  expect(translateGlitcherFlags({ k: 32 }, { hasBudget: false, usesK: true }).notes).toEqual([]);
});

it.each([
  ["cuda", "cuda"],
  ["cuda:1", "cuda"],
  ["cpu", "off"],
  ["mps", "metal"],
  ["auto", "auto"],
])("takes --device %s as --gpu %s", (device, gpu) => {
  expect(translateGlitcherFlags({ device }, ours).gpu).toBe(gpu);
});

it("gives a method that is charged for gradients as many tokens as iterations times batch size", () => {
  const walk = { ...ours, charge: (tokens: number) => tokens + 3 * Math.ceil(tokens / 8) };
  const { budget, notes } = translateGlitcherFlags({ numIterations: 50 }, walk);
  expect(budget).toEqual({ probes: 550 });
  expect(notes).toEqual([expect.stringContaining("400 tokens")]);
  expect(translateGlitcherFlags({ batchSize: 16 }, walk).notes).toHaveLength(2);
});

it("refuses another device", () => {
  expect(() => translateGlitcherFlags({ device: "tpu" }, ours)).toThrow(
    expect.objectContaining({ code: "USAGE" }),
  );
});
