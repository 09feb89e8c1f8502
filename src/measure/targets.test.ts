import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Truth } from "../glitch/index.ts";
import { attained, targetsOf, wellTrained } from "./targets.ts";

const token = (id: number, facts: Partial<Truth["tokens"][number]>): Truth["tokens"][number] => ({
  id,
  text: `t${id}`,
  class: "normal",
  count: 100,
  copied: 60,
  withheld: false,
  decoy: false,
  ...facts,
});
const truth: Truth = {
  schema: 1,
  model: "toy",
  tokens: [
    token(0, { class: "control", count: 0, copied: 0, withheld: "never" }),
    token(1, { count: 0, copied: 0, withheld: "never" }),
    token(2, { count: 0, copied: 0, withheld: "lie-both" }),
    token(3, { copied: 3, withheld: "rare" }),
    token(4, { copied: 32, withheld: "rare" }),
    token(5, { copied: 0, withheld: "text-only" }),
    token(6, { decoy: true }),
    token(7, { decoy: true, copied: 20 }),
    token(8, {}),
  ],
};
const candidates = [1, 2, 3, 4, 5, 6, 7, 8];
const confirmed = new Set([1, 2, 3, 5]);

describe("targetsOf", () => {
  it("sorts the candidates by what the truth knows and the census confirmed", () => {
    const targets = targetsOf(candidates, confirmed, truth).map(({ id, ids }) => [id, [...ids]]);
    expect(Object.fromEntries(targets)).toEqual({
      confirmed: [1, 2, 3, 5],
      "never-seen": [1, 2],
      lies: [2],
      rare: [3],
      "text-only": [5],
      decoys: [6],
    });
  });

  it("has the census alone where nothing is known, and nothing where there is nothing", () => {
    expect(targetsOf(candidates, confirmed).map(({ id }) => id)).toEqual(["confirmed"]);
    expect(targetsOf(candidates, new Set())).toEqual([]);
  });

  it("knows which tokens are surely no glitches", () => {
    expect([...wellTrained(truth)]).toEqual([6, 8]);
  });
});

describe("attained", () => {
  const isGlitch = (id: number) => confirmed.has(id);
  const target = { id: "confirmed", ids: confirmed } as const;

  it("is a share of what the budget allows", () => {
    expect(attained(target, [1, 8], isGlitch, 2)).toBe(0.5);
    expect(attained(target, [1, 2, 3, 5, 8], isGlitch, 5)).toBe(1);
  });

  it("does not count a token that the search judged otherwise", () => {
    expect(attained({ id: "never-seen", ids: new Set([1, 8]) }, [1, 8], isGlitch, 2)).toBe(0.5);
  });

  it("of decoys is the share left alone", () => {
    expect(attained({ id: "decoys", ids: new Set([6, 8]) }, [6, 1], isGlitch, 2)).toBe(0.5);
  });

  it("is 1 for whoever tests glitches first, at every budget, and never more", () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.nat(500), { minLength: 1 }),
        fc.integer({ min: 1, max: 600 }),
        (ids, budget) => {
          const own = { id: "confirmed", ids: new Set(ids) } as const;
          const best = ids.slice(0, budget);
          expect(attained(own, best, () => true, budget)).toBe(1);
          const worse = best.map((id, index) => (index % 2 ? id : 1000 + id));
          expect(attained(own, worse, () => true, budget)).toBeLessThanOrEqual(1);
        },
      ),
    );
  });
});
