import fc from "fast-check";
import { expect, test } from "vitest";
import type { Budget, MineWishes } from "../../src/glitch/index.ts";
import { scriptedMine, toyGlitches } from "../../src/testing/scripted-mine.ts";

const begin = (glitches: readonly number[], wishes: MineWishes, onProbe?: () => void) =>
  scriptedMine({ controls: 32, ...wishes }, { glitches, ...(onProbe && { intercept: onProbe }) });

const budgets: fc.Arbitrary<Budget> = fc.oneof(
  fc.constant({ all: true }),
  fc.integer({ min: 1, max: 120 }).map((probes) => ({ probes })),
  fc.integer({ min: 1, max: 60 }).map((percent) => ({ share: percent / 100 })),
);

const cases = fc.record({
  glitches: fc.integer({ min: 0, max: 20 }).map((count) => toyGlitches(count)),
  budget: budgets,
  seed: fc.nat({ max: 1000 }),
  pageSize: fc.integer({ min: 5, max: 90 }),
  method: fc.constantFrom("census", "low-norm", "random"),
});

test("interrupted anywhere and resumed, a run gives the document of an uninterrupted one", async () => {
  await fc.assert(
    fc.asyncProperty(
      cases,
      fc.array(fc.integer({ min: 0, max: 400 }), { minLength: 1, maxLength: 3 }),
      async ({ glitches, ...wishes }, stops) => {
        const whole = await begin(glitches, wishes).go();
        let left = Number.POSITIVE_INFINITY;
        let abort = new AbortController();
        const { go, run } = begin(glitches, wishes, () => {
          left--;
          if (left === 0) abort.abort();
        });
        for (const stop of stops) {
          left = stop + 1;
          abort = new AbortController();
          const part = await go({ signal: abort.signal });
          expect(part.counts.tested).toBeLessThanOrEqual(whole.counts.tested);
          expect(["interrupted", "done"]).toContain(part.status);
        }
        left = Number.POSITIVE_INFINITY;
        const resumed = await go();
        expect({ ...resumed, seconds: 0 }).toEqual({ ...whole, seconds: 0 });
        expect(JSON.parse(JSON.stringify({ ...(run.document() as object), seconds: 0 }))).toEqual(
          JSON.parse(JSON.stringify({ ...whole, seconds: 0 })),
        );
      },
    ),
    { numRuns: 12 },
  );
});

test("the store's word stops a run at a page's end and nowhere else", async () => {
  await fc.assert(
    fc.asyncProperty(cases, fc.integer({ min: 1, max: 8 }), async ({ glitches, ...wishes }, pages) => {
      const { go, run } = begin(glitches, wishes);
      const first = await go({
        onEvent: () => {
          if (run.pages.length >= pages) run.ask("pause");
        },
      });
      const whole = await begin(glitches, wishes).go();
      expect(first.counts.tested % wishes.pageSize === 0 || first.status === "done").toBe(true);
      run.ask("none");
      expect({ ...(await go()), seconds: 0 }).toEqual({ ...whole, seconds: 0 });
    }),
    { numRuns: 8 },
  );
});

test("a budget in tokens is never exceeded and always used", async () => {
  await fc.assert(
    fc.asyncProperty(cases, async ({ glitches, ...wishes }) => {
      const { counts, classes, tokens } = await begin(glitches, { ...wishes, validation: null }).go();
      const { probes, share } = wishes.budget;
      const allowed = probes ?? Math.ceil((share ?? 1) * classes.normal);
      expect(counts.tested).toBe(Math.min(allowed, classes.normal));
      expect(tokens).toHaveLength(counts.tested);
      expect(new Set(tokens.map(({ id }) => id)).size).toBe(tokens.length);
    }),
    { numRuns: 10 },
  );
});

test("verdicts do not depend on page size, method or what else is tested", async () => {
  await fc.assert(
    fc.asyncProperty(cases, cases, async (one, other) => {
      const verdicts = async ({ pageSize, method, budget }: typeof one) => {
        const { tokens } = await begin(one.glitches, { pageSize, method, budget, seed: one.seed }).go();
        return new Map(tokens.map(({ id, verdict, p, asr }) => [id, { verdict, p, asr }]));
      };
      const [first, second] = [await verdicts(one), await verdicts(other)];
      for (const [id, verdict] of first) if (second.has(id)) expect(second.get(id)).toEqual(verdict);
    }),
    { numRuns: 8 },
  );
});
