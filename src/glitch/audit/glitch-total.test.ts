import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createRandom } from "../../random.ts";
import type { Verdict } from "../evidence.ts";
import { auditStrata, createAuditDraw } from "./audit-draw.ts";
import { estimateGlitchTotal } from "./glitch-total.ts";

const ids = (count: number) => Array.from({ length: count }, (_, id) => id);
const verdicts = (tested: Iterable<number>, isGlitch: (id: number) => boolean) =>
  new Map([...tested].map((id): [number, Verdict] => [id, isGlitch(id) ? "glitch" : "normal"]));

describe("the estimated number of glitch tokens", () => {
  it("is what was found when everything was tested", () => {
    const strata = auditStrata(ids(300), true);
    const total = estimateGlitchTotal(
      strata,
      verdicts(ids(300), (id) => id % 7 === 0),
      new Set([1, 2]),
    );
    expect(total).toEqual({ found: 43, estimate: 43, low: 43, high: 43, audited: 2 });
  });

  it("lies within its interval, which lies between what was found and all that is left", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 3000 }),
        fc.nat({ max: 400 }),
        fc.nat({ max: 100 }),
        fc.nat(),
        (size, searched, drawn, seed) => {
          const strata = auditStrata(ids(size), true);
          const random = createRandom(seed);
          const labels = ids(size).map(() => random() < 0.2);
          const found = ids(Math.min(size, searched));
          const audit = createAuditDraw(strata, seed).next(drawn, (id) => id < searched);
          const known = verdicts([...found, ...audit], (id) => labels[id]!);
          const total = estimateGlitchTotal(strata, known, new Set(audit));
          expect(total.low).toBeGreaterThanOrEqual(total.found);
          expect(total.estimate).toBeGreaterThanOrEqual(total.low);
          expect(total.high).toBeGreaterThanOrEqual(total.estimate);
          expect(total.high).toBeLessThanOrEqual(total.found + size - known.size);
        },
      ),
      { numRuns: 60 },
    );
  });

  it("agrees with the closed form of one stratum", () => {
    // 1 untested token left, 8 drawn of which 2 glitches: its chance is (2 + 1/4) / (8 + 3/4) < 1/2.
    const strata = auditStrata(ids(9), false);
    const known = verdicts(ids(8), (id) => id < 2);
    const total = estimateGlitchTotal(strata, known, new Set(ids(8)));
    expect(total).toEqual({ found: 2, estimate: 2, low: 2, high: 3, audited: 8 });
  });

  it("counts a token that could not be tested as not tested", () => {
    const strata = auditStrata(ids(2), false);
    const known = new Map<number, Verdict>([
      [0, "glitch"],
      [1, "untested"],
    ]);
    expect(estimateGlitchTotal(strata, known, new Set([0, 1]))).toMatchObject({
      found: 1,
      high: 2,
      audited: 1,
    });
  });

  it("covers the truth in at least 92 of 100 searches that follow a good order to a random budget", () => {
    const size = 4000;
    const strata = auditStrata(ids(size), true);
    let covered = 0;
    const trials = 150;
    for (let seed = 0; seed < trials; seed++) {
      const random = createRandom(seed);
      // Most glitch tokens are where the order looks first, one in twenty is anywhere.
      const labels = ids(size).map((id) => random() < (id < 160 ? 0.9 : id < 400 ? 0.1 : 0.002));
      const tested = Math.floor(size * (0.02 + 0.3 * random()));
      const searched = ids(Math.floor(0.9 * tested));
      const audit = createAuditDraw(strata, seed).next(
        tested - searched.length,
        (id) => id < searched.length,
      );
      const known = verdicts([...searched, ...audit], (id) => labels[id]!);
      const { low, high } = estimateGlitchTotal(strata, known, new Set(audit));
      const all = labels.filter(Boolean).length;
      if (low <= all && all <= high) covered++;
    }
    expect(covered / trials).toBeGreaterThanOrEqual(0.92);
  }, 30_000);
});
