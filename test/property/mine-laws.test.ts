import fc from "fast-check";
import { expect, test } from "vitest";
import {
  budgetLimits,
  decide,
  decisiveProbe,
  drawControls,
  formatBudget,
  type ProbeEvidence,
  parseBudget,
  wilsonInterval,
} from "../../src/glitch/index.ts";
import { calibrate } from "../../src/glitch/probes/calibrate.ts";
import { fitTwoComponents } from "../../src/glitch/probes/two-components.ts";
import { hash32, seededOrder } from "../../src/glitch/seeded.ts";

const trials = fc
  .integer({ min: 1, max: 5000 })
  .chain((n) => fc.tuple(fc.integer({ min: 0, max: n }), fc.constant(n)));

test("Wilson: the estimate lies within, bounds lie in [0, 1], more trials narrow it, and it is symmetric", () => {
  fc.assert(
    fc.property(trials, ([hits, n]) => {
      const { estimate, low, high } = wilsonInterval(hits, n);
      expect(low).toBeGreaterThanOrEqual(0);
      expect(high).toBeLessThanOrEqual(1);
      expect(low).toBeLessThanOrEqual(estimate);
      expect(high).toBeGreaterThanOrEqual(estimate);
      const tenfold = wilsonInterval(10 * hits, 10 * n);
      expect(tenfold.high - tenfold.low).toBeLessThan(high - low);
      const mirrored = wilsonInterval(n - hits, n);
      expect(mirrored.low).toBeCloseTo(1 - high, 12);
      expect(mirrored.high).toBeCloseTo(1 - low, 12);
    }),
  );
});

test("Wilson: more hits move the interval up; no trials say nothing", () => {
  fc.assert(
    fc.property(trials, ([hits, n]) => {
      fc.pre(hits < n);
      const [less, more] = [wilsonInterval(hits, n), wilsonInterval(hits + 1, n)];
      expect(more.low).toBeGreaterThanOrEqual(less.low);
      expect(more.high).toBeGreaterThanOrEqual(less.high);
    }),
  );
  expect(wilsonInterval(0, 0)).toEqual({ estimate: 0, low: 0, high: 1 });
  // Newcombe 1998, table I: 81 of 263 and 0 of 20.
  expect(wilsonInterval(81, 263).low).toBeCloseTo(0.2553, 4);
  expect(wilsonInterval(81, 263).high).toBeCloseTo(0.3662, 4);
  expect(wilsonInterval(0, 20).high).toBeCloseTo(0.1611, 4);
});

test("budgets: what is written can be read, and limits stay within the candidates", () => {
  const whole = fc.integer({ min: 1, max: 1e9 });
  fc.assert(
    fc.property(whole, fc.integer({ min: 1, max: 100 }), fc.nat({ max: 1e6 }), (n, percent, candidates) => {
      for (const text of [`${n}`, `${n}s`, `${percent}%`, "all"]) {
        const budget = parseBudget(text);
        const { tokens, seconds } = budgetLimits(budget, candidates);
        expect(tokens).toBeLessThanOrEqual(candidates);
        expect(tokens).toBeGreaterThanOrEqual(0);
        expect(seconds).toBeGreaterThan(0);
        if (!budget.probes) expect(parseBudget(formatBudget(budget))).toEqual(budget);
      }
    }),
  );
});

test("budgets: any text is read or refused with USAGE", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme", maxLength: 12 }), (text) => {
      try {
        const budget = parseBudget(text);
        expect(Object.values(budget)).toHaveLength(1);
      } catch (error) {
        expect(error).toMatchObject({ code: "USAGE" });
      }
    }),
  );
});

const probe = (template: string): fc.Arbitrary<ProbeEvidence> =>
  fc
    .record({
      p: fc.double({ min: 0, max: 1, noNaN: true }),
      rank: fc.integer({ min: 1, max: 9 }),
      weak: fc.boolean(),
    })
    .map(({ p, rank, weak }) => ({ template, p, rank, entropy: 1, failed: rank > 1 && weak, top: [] }));
const probes = fc
  .array(fc.constantFrom("a", "b", "c"), { minLength: 1, maxLength: 4 })
  .chain((names) => fc.tuple(...names.map(probe)));

test("verdicts: one pass clears a token, a glitch failed everywhere, the order does not matter", () => {
  fc.assert(
    fc.property(probes, (rows) => {
      const verdict = decide(rows);
      expect(decide([...rows].reverse())).toBe(verdict);
      expect(verdict === "normal").toBe(rows.some(({ rank }) => rank === 1));
      if (verdict === "glitch") expect(rows.every(({ failed }) => failed)).toBe(true);
      const decisive = decisiveProbe(rows)!;
      if (verdict === "normal") expect(decisive.rank).toBe(1);
      else expect(decisive.p).toBe(Math.max(...rows.map(({ p }) => p)));
    }),
  );
  expect(decide([])).toBe("untested");
});

test("calibration: the order of answers does not matter, and every threshold is a probability", () => {
  const answer = fc.record({ logp: fc.double({ min: -30, max: -1e-6, noNaN: true }), passed: fc.boolean() });
  fc.assert(
    fc.property(fc.array(answer, { minLength: 0, maxLength: 80 }), (rows) => {
      const answers = rows.map((row, id) => ({ ...row, id, template: "a" }));
      const template = { id: "a", prefix: [1], tail: [2] };
      const result = calibrate([template], answers);
      const reversed = calibrate([template], [...answers].reverse());
      expect(reversed.trimmed).toEqual(result.trimmed);
      expect(reversed.checks[0]!.kept).toBe(result.checks[0]!.kept);
      expect(reversed.checks[0]!.threshold).toBeCloseTo(result.checks[0]!.threshold, 9);
      const [check] = result.checks;
      expect(check!.passRate).toBeGreaterThanOrEqual(0);
      expect(check!.passRate).toBeLessThanOrEqual(1);
      if (check!.kept) expect(check!.threshold).toBeLessThan(1);
      expect(Number.isFinite(check!.threshold)).toBe(true);
      expect(result.trimmed.length).toBeLessThanOrEqual(0.25 * Math.max(1, rows.length));
    }),
  );
});

test("two components: finite, apart, and the border between the means, whatever the values", () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: -25, max: 25, noNaN: true }), { maxLength: 100 }), (values) => {
      const fit = fitTwoComponents(values);
      if (!fit) return;
      expect(fit.separation).toBeGreaterThan(2);
      expect(fit.border).toBeGreaterThanOrEqual(fit.lower.mean);
      expect(fit.border).toBeLessThanOrEqual(fit.upper.mean);
      expect(fit.lower.weight + fit.upper.weight).toBeCloseTo(1, 9);
    }),
  );
});

test("draws: by seed and purpose, without repetition, whatever the order of the input", () => {
  const ids = fc.uniqueArray(fc.nat({ max: 1e6 }), { maxLength: 60 });
  fc.assert(
    fc.property(ids, fc.nat(), (list, seed) => {
      const order = seededOrder(list, seed, "x");
      expect(seededOrder([...list].reverse(), seed, "x")).toEqual(order);
      expect([...order].sort((a, b) => a - b)).toEqual([...list].sort((a, b) => a - b));
      const drawn = drawControls(list, (id) => `t${id}`, 16, seed);
      expect(new Set(drawn).size).toBe(Math.min(16, list.length));
      expect(drawn.every((id) => list.includes(id))).toBe(true);
      const value = hash32(seed, "x", 1);
      expect(Number.isInteger(value) && value >= 0 && value < 2 ** 32).toBe(true);
    }),
  );
  expect(hash32("ab", "c")).not.toBe(hash32("a", "bc"));
  expect(hash32(1, 23)).not.toBe(hash32(12, 3));
});
