import fc from "fast-check";
import { expect, test } from "vitest";
import { rankCorrelation, rankShares } from "./rank-share.ts";

test("places values among others, equal ones in the middle of their kind", () => {
  expect([...rankShares([1, 5, 9, 0, 10], [1, 2, 9, 9])]).toEqual([0.125, 0.5, 0.75, 0, 1]);
  expect(rankShares([Number.NaN], [1])[0]).toBeNaN();
});

const figures = fc.array(fc.double({ noNaN: true }), { minLength: 1, maxLength: 60 });

test("shares lie in [0, 1], keep the order, and are even over the reference itself", () => {
  fc.assert(
    fc.property(figures, (values) => {
      const shares = rankShares(values, values);
      const mean = shares.reduce((sum, share) => sum + share, 0) / shares.length;
      expect(mean).toBeCloseTo(0.5, 9);
      for (const [i, a] of values.entries())
        for (const [j, b] of values.entries()) {
          // -0 and 0 are one number.
          expect(Math.sign(shares[i]! - shares[j]!) + 0).toBe((a > b ? 1 : a < b ? -1 : 0) + 0);
        }
    }),
  );
});

test("correlates by rank alone", () => {
  const a = [3, 1, 4, 1.5, 9, 2.6];
  expect(rankCorrelation(a, a.map(Math.exp))).toBeCloseTo(1, 12);
  expect(
    rankCorrelation(
      a,
      a.map((x) => -x),
    ),
  ).toBeCloseTo(-1, 12);
  expect(rankCorrelation(a, [2, 2, 2, 2, 2, 2])).toBe(0);
  // Ranks 1 2 3 4 5 against 2 1 4 3 5: 1 - 6 * 4 / (5 * 24) = 0.8.
  expect(rankCorrelation([1, 2, 3, 4, 5], [2, 1, 4, 3, 5])).toBeCloseTo(0.8, 12);
});
