import fc from "fast-check";
import { expect, test } from "vitest";
import { shareOut, stratify } from "./stratify.ts";

test("shares add up, keep within their weights and stay near their proportion", () => {
  fc.assert(
    fc.property(fc.array(fc.nat(200), { maxLength: 40 }), fc.nat(3_000), (weights, total) => {
      const shares = shareOut(weights, total);
      const sum = weights.reduce((a, b) => a + b, 0);
      expect(shares.reduce((a, b) => a + b, 0)).toBe(Math.min(total, sum));
      shares.forEach((share, index) => {
        expect(share).toBeLessThanOrEqual(weights[index]!);
        const exact = sum > 0 ? (weights[index]! * Math.min(total, sum)) / sum : 0;
        expect(Math.abs(share - exact)).toBeLessThanOrEqual(1);
      });
    }),
  );
});

test("every stratum gives one before any gives two", () => {
  // Ten letters, one digit, one blank: three kinds of one length.
  const texts = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "7", " "];
  const options = { textOf: (id: number) => texts[id]!, norms: undefined, seed: 1 };
  const ids = [...texts.keys()];
  const three = stratify(ids, { ...options, size: 3 }).map((id) => texts[id]!);
  expect(three).toEqual(expect.arrayContaining(["7", " "]));
  expect(stratify(ids, { ...options, size: 2 })).toHaveLength(2);
  expect(stratify(ids, { ...options, size: 99 }).sort((a, b) => a - b)).toEqual(ids);
});

test("the norm divides alike tokens into quintiles", () => {
  const ids = Array.from({ length: 100 }, (_, id) => id);
  const sample = stratify(ids, { textOf: () => "word", norms: ids, size: 5, seed: 4 });
  expect(sample.map((id) => Math.floor(id / 20)).sort()).toEqual([0, 1, 2, 3, 4]);
});
