import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { distribution, logProbability } from "./distribution.ts";

/** The definition, in double precision with Math.exp. */
function exact(logits: Float32Array, target: number) {
  const max = Math.max(...logits);
  const weights = Array.from(logits, (l) => Math.exp(l - max));
  const sum = weights.reduce((a, b) => a + b, 0);
  const p = weights.map((w) => w / sum);
  return {
    p: p[target]!,
    entropy: -p.reduce((h, x) => h + (x > 0 ? x * Math.log(x) : 0), 0),
    order: Array.from(logits.keys()).sort((a, b) => logits[b]! - logits[a]! || a - b),
  };
}

const rows = fc
  .array(fc.float({ min: -60, max: 60, noNaN: true }), { minLength: 2, maxLength: 80 })
  .map((values) => Float32Array.from(values));

describe("distribution", () => {
  it("agrees with the definition for any row and target", () => {
    fc.assert(
      fc.property(rows, fc.nat(), fc.integer({ min: 1, max: 8 }), (logits, pick, k) => {
        const target = pick % logits.length;
        const result = distribution(logits, target, k);
        const truth = exact(logits, target);
        expect(result.p).toBeCloseTo(truth.p, 6);
        expect(result.entropy).toBeCloseTo(truth.entropy, 5);
        expect(result.rank).toBe(truth.order.indexOf(target) + 1);
        expect(result.top.map(({ id }) => id)).toEqual(truth.order.slice(0, k));
        expect(logProbability(logits, target)).toBeCloseTo(result.logp, 9);
      }),
    );
  });

  it("keeps the logarithm finite where the probability underflows", () => {
    const result = distribution(Float32Array.from([1000, 0]), 1, 0);
    expect(result.p).toBe(0);
    expect(result.logp).toBeCloseTo(-1000, 3);
    expect(result.top).toEqual([]);
  });

  it("refuses rows that hold no numbers", () => {
    expect(() => distribution(Float32Array.from([1, Number.NaN, 2]), 0, 1)).toThrow(/not numbers/);
    expect(() => distribution(Float32Array.from([1, Number.POSITIVE_INFINITY]), 0, 1)).toThrow(/not numbers/);
  });
});
