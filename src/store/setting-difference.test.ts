import fc from "fast-check";
import { expect, it } from "vitest";
import { firstDifference } from "./setting-difference.ts";

it("names the place of the first difference", () => {
  expect(firstDifference({ a: 1, b: { c: [1, 2] } }, { a: 1, b: { c: [1, 3] } })).toEqual({
    path: "b.c.1",
    stored: 2,
    given: 3,
  });
  expect(firstDifference({ a: 1 }, { a: 1, b: 2 })).toEqual({ path: "b", stored: undefined, given: 2 });
  expect(firstDifference({ a: [] }, { a: {} })?.path).toBe("a");
});

it("finds none between settings and what JSON makes of them", () => {
  const settings = { a: undefined, b: Number.NaN, c: new Date(0), d: [undefined] };
  expect(firstDifference(JSON.parse(JSON.stringify(settings)), settings)).toBeUndefined();
});

it("finds none exactly when the JSON is equal", () => {
  fc.assert(
    fc.property(settings, settings, (a, b) => {
      expect(firstDifference(a, structuredClone(a))).toBeUndefined();
      const equal = canonical(a) === canonical(b);
      expect(firstDifference(a, b) === undefined).toBe(equal);
    }),
  );
});

const settings = fc.dictionary(fc.constantFrom("a", "b", "c"), fc.jsonValue({ maxDepth: 2 }), { maxKeys: 2 });

function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, it) =>
    typeof it === "object" && it !== null && !Array.isArray(it) ? Object.entries(it).sort() : it,
  );
}
