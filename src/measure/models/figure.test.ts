import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { figureOf, quantile, ratioOf } from "./figure.ts";

describe("figureOf", () => {
  it("is the median with its ends, and nothing of nothing", () => {
    expect(figureOf([3, 1, Number.NaN, 2])).toEqual({ median: 2, min: 1, max: 3, runs: 3 });
    expect(figureOf([Number.NaN])).toBeUndefined();
  });

  it("law: the median lies between the ends, whatever the order", () => {
    const values = fc.array(fc.double({ noNaN: true, min: -1e9, max: 1e9 }), { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(values, (some) => {
        const figure = figureOf(some)!;
        expect(figureOf(some.toReversed())).toEqual(figure);
        expect(figure.min <= figure.median && figure.median <= figure.max).toBe(true);
      }),
    );
  });
});

it("quantiles are those of R's default", () => {
  expect(quantile([1, 2, 3, 4], 0.95)).toBeCloseTo(3.85, 12);
  expect(quantile([7], 0.95)).toBe(7);
});

describe("ratioOf", () => {
  it("pairs by turn and leaves out turns without a partner", () => {
    expect(ratioOf([2, 4, 6, 9], [1, 2, 2, undefined])).toEqual({ median: 2, min: 2, max: 3, runs: 3 });
  });

  it("claims nothing with fewer than three turns", () => {
    expect(ratioOf([2, 4], [1, 2])).toBeUndefined();
    expect(ratioOf([2, 4, 6], [1, 2, 0])).toBeUndefined();
  });
});
