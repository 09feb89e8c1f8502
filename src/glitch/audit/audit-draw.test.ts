import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { auditStrata, createAuditDraw } from "./audit-draw.ts";

const ranked = Array.from({ length: 400 }, (_, rank) => 1000 - rank);

describe("the audit sample", () => {
  it("never draws a token twice, nor one that the search has reached, until none is left", () => {
    fc.assert(
      fc.property(
        fc.nat(),
        fc.array(fc.tuple(fc.nat({ max: 40 }), fc.nat({ max: 30 })), { maxLength: 30 }),
        (seed, pages) => {
          const draw = createAuditDraw(auditStrata(ranked, true), seed);
          const reached = new Set<number>();
          const all: number[] = [];
          for (const [count, searched] of pages) {
            const page = draw.next(count, (id) => reached.has(id));
            expect(page.filter((id) => reached.has(id))).toEqual([]);
            const open = ranked.filter((id) => !reached.has(id) && !all.includes(id));
            expect(page.length).toBe(Math.min(count, open.length));
            all.push(...page);
            for (const id of ranked.slice(reached.size, reached.size + searched)) reached.add(id);
          }
          expect(new Set(all).size).toBe(all.length);
          expect([...draw.drawn]).toEqual(all);
        },
      ),
    );
  });

  it("takes from every stratum in proportion to what the search has left there, page by page", () => {
    const strata = auditStrata(ranked, true);
    const draw = createAuditDraw(strata, 3);
    const searched = new Set(ranked.slice(0, 20));
    const drawn = Array.from({ length: 19 }, () => draw.next(4, (id) => searched.has(id))).flat();
    const count = (stratum: number) => drawn.filter((id) => strata.get(id) === stratum).length;
    // 0 of 20, 100 and 280 tokens are left in the strata.
    expect([count(0), count(1), count(2)]).toEqual([0, 20, 56]);
  });

  it("gives each token of a stratum the same chance", () => {
    const strata = auditStrata(ranked.slice(0, 50), false);
    const hits = new Map<number, number>();
    for (let seed = 0; seed < 2000; seed++)
      for (const id of createAuditDraw(strata, seed).next(5, () => false))
        hits.set(id, (hits.get(id) ?? 0) + 1);
    // 200 expected, standard deviation 13.4: five of them either way.
    for (const id of strata.keys()) expect(Math.abs(hits.get(id)! - 200)).toBeLessThan(67);
  });
});
