import { describe, expect, it } from "vitest";
import { createScriptedModel } from "../engine/index.ts";
import type { RunEvent } from "../events.ts";
import { classifyVocabulary, ORDER_METHODS, type StoredToken, type Truth } from "../glitch/index.ts";
import { scriptedIndicators, toyGlitches } from "../testing/scripted-mine.ts";
import { compareMethods } from "./compare-methods.ts";

const model = createScriptedModel();
const vocabulary = await classifyVocabulary(model);
const { candidates } = vocabulary;
const glitches = new Set(toyGlitches(20));
const decoy = candidates.find((id) => !glitches.has(id))!;

const probe = { template: "t", p: 0.5, rank: 1, entropy: 1, failed: false, top: [] };
const tokens = new Map<number, StoredToken>(
  candidates.map((id) => [
    id,
    { id, verdict: glitches.has(id) ? "glitch" : "normal", probes: [probe, probe] },
  ]),
);
const truth: Truth = {
  schema: 1,
  model: "toy",
  tokens: candidates.map((id) => ({
    ...{ id, text: "t", class: "normal" as const, withheld: false, decoy: id === decoy },
    // One of the confirmed is known to be well trained: a false alarm of the census.
    ...(glitches.has(id) && id !== [...glitches][0] ? { count: 0, copied: 0 } : { count: 99, copied: 99 }),
  })),
};

const events: RunEvent[] = [];
const readings: object[] = [];
const readIndicators = scriptedIndicators(model, [...glitches]);
const scores = await compareMethods({
  name: "toy",
  model: { name: "toy", path: "/toy.gguf", fingerprint: "f", quantisation: "none" },
  vocabulary,
  census: {
    run: "mine-1",
    tokens,
    setupSeconds: 1,
    pages: [{ probes: 200, answers: 0, seconds: 2 }],
  },
  truth,
  methods: ORDER_METHODS.filter(({ id }) => ["low-norm", "random", "glitchminer"].includes(id)),
  budgets: [{ share: 0.2 }, { probes: 10 }, { probes: 10 }],
  seeds: [1, 2, 3],
  async readIndicators(options) {
    readings.push({ seed: options.seed, sketch: options.sketch, rows: options.rows });
    return readIndicators(options);
  },
  onEvent: (event) => events.push(event),
});
const cell = (method: string, budget: string) =>
  scores.cells.find((one) => one.method === method && one.budget === budget)!;
const fifth = Math.ceil(0.2 * candidates.length);

describe("compareMethods", () => {
  it("scores every method at every budget once, by rising budget", () => {
    expect(scores.cells.map(({ budget, limit }) => [budget, limit])).toEqual([
      ...Array(3).fill(["10 tokens", 10]),
      ...Array(3).fill(["20 %", fifth]),
    ]);
    expect(scores.targets).toEqual([
      { target: "confirmed", tokens: 20 },
      { target: "never-seen", tokens: 19 },
      { target: "decoys", tokens: 1 },
    ]);
  });

  it("gives full marks to an order that knows, whatever the budget, without spread", () => {
    for (const budget of ["10 tokens", "20 %"]) {
      const { attained, charged } = cell("low-norm", budget);
      expect(attained.confirmed).toEqual({ mean: 1, min: 1, max: 1, deviation: 0, runs: 3 });
      expect(charged.mean).toBe(budget === "20 %" ? fifth : 10);
    }
    expect(cell("low-norm", "10 tokens").hitRate.mean).toBe(1);
    expect(cell("low-norm", "20 %").hitRate.mean).toBeCloseTo(20 / fifth);
  });

  it("lets chance be chance, with spread", () => {
    const { attained } = cell("random", "20 %");
    expect(attained.confirmed!.mean).toBeLessThan(0.6);
    expect(attained.confirmed!.deviation).toBeGreaterThan(0);
  });

  it("counts a call on a well-trained token against the precision", () => {
    expect(cell("low-norm", "20 %").precision!.mean).toBeCloseTo(19 / 20);
  });

  it("computes seconds from what was asked, looking ahead included", () => {
    const { tested, probes, seconds } = cell("low-norm", "10 tokens");
    expect(probes.mean).toBe(2 * tested.mean);
    // A second of setup, ten tokens of two probes at 10 ms, and the time of ordering.
    expect(seconds.mean).toBeGreaterThanOrEqual(1.2);
    const walk = cell("glitchminer", "10 tokens");
    expect(walk.tested.mean).toBeLessThan(10);
    expect(walk.probes.mean).toBeGreaterThan(2 * walk.tested.mean);
  });

  it("ends each curve at the largest budget's cell", () => {
    for (const { method, points } of scores.curves) {
      const { attained, charged } = cell(method, "20 %");
      expect(points.at(-1)!.budget).toBeCloseTo(charged.mean / candidates.length);
      const found = (share: number, budget: number) => share * Math.min(budget, 20);
      expect(found(points.at(-1)!.attained.confirmed!.mean, charged.mean)).toBeCloseTo(
        found(attained.confirmed!.mean, fifth),
      );
    }
  });

  it("reads what the methods need, once a seed, and tells how far it is", () => {
    expect(readings).toEqual([1, 2, 3].map((seed) => ({ seed, sketch: false, rows: ["output"] })));
    const last = events.at(-2);
    expect(last).toMatchObject({ type: "stage-progress", done: 9 * fifth, total: 9 * fifth });
  });
});
