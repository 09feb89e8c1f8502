import fc from "fast-check";
import { expect, it } from "vitest";
import { areaUnderCurve } from "./separation.ts";

const values = fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 1, maxLength: 30 });

it("equals the count over all pairs, ties counting half", () => {
  fc.assert(
    fc.property(values, values, (lower, higher) => {
      const wins = lower.flatMap((a) => higher.map((b): number => (a < b ? 1 : a === b ? 0.5 : 0)));
      const expected = wins.reduce((sum, win) => sum + win, 0) / wins.length;
      expect(areaUnderCurve(lower, higher)).toBeCloseTo(expected, 12);
    }),
  );
});
