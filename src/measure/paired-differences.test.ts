import { describe, expect, it } from "vitest";
import { meanOverModels } from "./mean-over-models.ts";
import type { ModelScores, Spread } from "./mining-scores.ts";
import { pairedDifferences } from "./paired-differences.ts";
import { spreadOf } from "./spread.ts";
import { studentQuantile } from "./student-quantile.ts";

const once = (value: number): Spread => spreadOf([value]);

/** A model on which methods reach these shares at one budget. */
function scores(name: string, shares: Record<string, number>, points = [0.01, 0.02]): ModelScores {
  return {
    name,
    model: { name, path: `/${name}.gguf`, fingerprint: name, quantisation: "Q8_0" },
    candidates: 1000,
    census: { run: "mine-1", glitches: 50 },
    hasTruth: false,
    targets: [{ target: "confirmed", tokens: 50 }],
    cells: Object.entries(shares).map(([method, share]) => ({
      method,
      budget: "5 %",
      limit: 50,
      attained: { confirmed: once(share) },
      hitRate: once(share),
      precision: undefined,
      tested: once(50),
      charged: once(50),
      probes: once(60),
      seconds: once(1),
    })),
    curves: Object.entries(shares).map(([method, share]) => ({
      method,
      points: points.map((budget) => ({ budget, attained: { confirmed: once(share) } })),
    })),
  };
}

const five = [0.9, 0.92, 0.94, 0.96, 0.98].map((share, index) =>
  scores(`m${index}`, { census: share, weak: 0.1, strong: 0.9 }),
);

describe("pairedDifferences", () => {
  it("pairs by model, with Student's interval", () => {
    const best = pairedDifferences(five).find(({ isBest }) => isBest)!;
    expect(best).toMatchObject({ method: "census", baseline: "strong", target: "confirmed", budget: "5 %" });
    expect(best.mean).toBeCloseTo(0.04);
    // Differences 0 to 0.08 in steps of 0.02: deviation 0.0316, over the root of 5 times 2.776.
    expect(best.high! - best.mean).toBeCloseTo(0.03926, 4);
    expect(best.mean - best.low!).toBeCloseTo(0.03926, 4);
    expect(best.differences).toHaveLength(5);
  });

  it("holds every baseline against it and calls one of them the best", () => {
    const all = pairedDifferences(five);
    expect(all.map(({ baseline, isBest }) => [baseline, isBest])).toEqual([
      ["weak", false],
      ["strong", true],
    ]);
  });

  it("gives no interval for one model, and a point where nothing differs", () => {
    expect(pairedDifferences(five.slice(0, 1))[0]!.low).toBeUndefined();
    const same = [scores("a", { census: 0.7, other: 0.3 }), scores("b", { census: 0.7, other: 0.3 })];
    const [one] = pairedDifferences(same);
    expect(one!.low).toBe(one!.mean);
    expect(one!.high).toBe(one!.mean);
  });

  it("says nothing of a single method, and nothing of nothing", () => {
    expect(pairedDifferences([scores("a", { census: 1 })])).toEqual([]);
    expect(pairedDifferences([])).toEqual([]);
  });
});

describe("studentQuantile", () => {
  it("goes on from the table towards the normal distribution", () => {
    expect(studentQuantile(4)).toBe(2.776);
    expect(studentQuantile(31)).toBeCloseTo(2.0395, 2);
    expect(studentQuantile(31)).toBeLessThan(studentQuantile(30));
    expect(studentQuantile(1e9)).toBeCloseTo(1.96, 4);
  });
});

describe("meanOverModels", () => {
  it("averages what all have, with the spread over models", () => {
    const mean = meanOverModels(five);
    const census = mean.cells.find(({ method }) => method === "census")!;
    expect(census.attained.confirmed!.mean).toBeCloseTo(0.94);
    expect(census.attained.confirmed!.runs).toBe(5);
    expect(mean.targets).toEqual([{ target: "confirmed", tokens: 250 }]);
    expect(mean.curves[0]!.points.map(({ budget }) => budget)).toEqual([0.01, 0.02]);
  });

  it("leaves out a target that a model lacks and points that lie elsewhere", () => {
    const other = { ...scores("x", { census: 1, weak: 1, strong: 1 }, [0.01, 0.03]), targets: [] };
    const mean = meanOverModels([five[0]!, other]);
    expect(mean.targets).toEqual([]);
    expect(mean.curves[0]!.points.map(({ budget }) => budget)).toEqual([0.01]);
  });
});
