import fc from "fast-check";
import { expect, it } from "vitest";
import { createDraw, suiteSeed } from "./draw.ts";
import { ADDRESSES, SAYINGS, WORDS } from "./samples.ts";
import { type Counts, SUITES } from "./suites.ts";

const seeds = fc.integer({ min: 0, max: 0xffff_ffff });
const purposes = fc.constantFrom(...(Object.keys(SUITES.integration) as (keyof Counts)[]));

it("draws the same again from the same seed, without repetition, and never what the first suite had", () => {
  fc.assert(
    fc.property(seeds, purposes, fc.integer({ min: 0, max: 700 }), (seed, purpose, size) => {
      const items = Array.from({ length: size }, (_, i) => i);
      const first = createDraw("integration", seed)(purpose, items);
      const second = createDraw("validate", seed)(purpose, items);
      expect(createDraw("validate", seed)(purpose, items)).toEqual(second);
      const had = SUITES.integration[purpose];
      expect(first).toHaveLength(Math.min(had, size));
      expect(new Set(second).size).toBe(second.length);
      // Only when the first suite took everything does the second get the same.
      if (size > had) {
        expect(second).toHaveLength(Math.min(SUITES.validate[purpose], size - had));
        expect(second.filter((item) => first.includes(item))).toEqual([]);
      } else expect(second).toHaveLength(size);
    }),
  );
});

it("seeds the second suite apart from the first", () => {
  fc.assert(fc.property(seeds, (seed) => suiteSeed("validate", seed) !== suiteSeed("integration", seed)));
  expect(suiteSeed("integration", 7)).toBe(7);
});

it("has enough of everything for both suites", () => {
  const both = (purpose: keyof Counts) => SUITES.integration[purpose] + SUITES.validate[purpose];
  expect(WORDS.length).toBeGreaterThanOrEqual(Math.max(both("words"), both("conversations")));
  expect(SAYINGS.length).toBeGreaterThanOrEqual(both("sayings"));
  expect(ADDRESSES.length).toBeGreaterThanOrEqual(both("addresses"));
});
