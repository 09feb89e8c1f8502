import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createScriptedModel } from "../../engine/index.ts";
import { DEFAULT_POLICY, findPolicy, routeFeatures } from "../../route/index.ts";
import { answerItems } from "./answer-items.ts";
import { compareRoutes } from "./compare-routes.ts";
import { pairedBootstrap } from "./paired-bootstrap.ts";
import { type CurveItem, gapClosed, orderGroups, qualityAt, qualityCostCurve } from "./quality-cost-curve.ts";
import { parseRoutingAnswers, type RoutingAnswers } from "./routing-answers.ts";
import { makeRoutingItems } from "./routing-items.ts";

const curveItem: fc.Arbitrary<CurveItem & { value: number }> = fc.record({
  small: fc.constantFrom(0, 1),
  large: fc.constantFrom(0, 1),
  tokens: fc.integer({ min: 1, max: 100 }),
  value: fc.integer({ min: 0, max: 5 }),
});

describe("qualityCostCurve", () => {
  it("law: runs from all small to all large, costs never fall, counts of 1 change nothing", () => {
    fc.assert(
      fc.property(fc.array(curveItem, { minLength: 1, maxLength: 30 }), (items) => {
        const groups = orderGroups(items.map(({ value }) => value));
        const curve = qualityCostCurve(items, groups);
        const mean = (of: "small" | "large") => items.reduce((sum, item) => sum + item[of], 0) / items.length;
        expect(curve[0]).toEqual({ cost: 0, quality: mean("small") });
        expect(curve.at(-1)!.cost).toBeCloseTo(1);
        expect(curve.at(-1)!.quality).toBeCloseTo(mean("large"));
        for (const [index, { cost }] of curve.entries())
          expect(cost).toBeGreaterThanOrEqual(curve[index - 1]?.cost ?? 0);
        expect(qualityCostCurve(items, groups, new Float64Array(items.length).fill(1))).toEqual(curve);
        for (const { cost, quality } of curve.filter(({ cost }, at) => cost !== curve[at - 1]?.cost))
          expect(qualityAt(curve, cost)).toBeCloseTo(quality);
      }),
    );
  });

  it("law: one group is a draw by lot: half of the gap; no order beats gain per token", () => {
    fc.assert(
      fc.property(fc.array(curveItem, { minLength: 1, maxLength: 30 }), (items) => {
        const area = (values: readonly number[]) => gapClosed(qualityCostCurve(items, orderGroups(values)));
        const random = area(items.map(() => 0));
        if (random === undefined) return;
        expect(random).toBeCloseTo(0.5);
        const bound = area(items.map(({ small, large, tokens }) => (large - small) / tokens))!;
        expect(area(items.map(({ value }) => value))!).toBeLessThanOrEqual(bound + 1e-9);
      }),
    );
  });

  it("closes no gap where there is none", () => {
    const worse = [{ small: 1, large: 0, tokens: 1 }];
    expect(gapClosed(qualityCostCurve(worse, [[0]]))).toBeUndefined();
  });
});

describe("pairedBootstrap", () => {
  const mean = (values: readonly number[]) => (counts: Float64Array) => [
    counts.reduce((sum, count, index) => sum + count * values[index]!, 0) / values.length,
  ];

  it("holds the true mean about as often as it says", () => {
    let held = 0;
    const rounds = 100;
    for (let seed = 0; seed < rounds; seed++) {
      // 100 coins of 0.3, by a generator that has nothing to do with the one of the draws.
      const coins = Array.from({ length: 100 }, (_, index) => {
        const place = Math.sin((seed + 1) * 12.9898 + index * 78.233) * 43_758.5453;
        return place - Math.floor(place) < 0.3 ? 1 : 0;
      });
      const [estimate] = pairedBootstrap([coins.map((_, index) => index)], mean(coins), { seed, draws: 300 });
      if (estimate!.low <= 0.3 && 0.3 <= estimate!.high) held++;
    }
    expect(held).toBeGreaterThan(85);
  });

  it("draws within groups: what differs only between them has no spread", () => {
    const [estimate] = pairedBootstrap(
      [
        [0, 1],
        [2, 3],
      ],
      mean([0, 0, 1, 1]),
      { draws: 50 },
    );
    expect(estimate).toEqual({ value: 0.5, low: 0.5, high: 0.5 });
  });

  it("has nothing to say of what a tenth of the draws do not have", () => {
    const [estimate] = pairedBootstrap([[0, 1]], (counts) => [counts[0] === 0 ? undefined : 1], {
      draws: 200,
    });
    expect(estimate).toBeUndefined();
  });
});

/** Answers in which digits make items hard, unless `luck` says otherwise. */
function answers(
  count: number,
  rightOf: (hard: boolean, index: number) => { small: boolean; large: boolean },
): RoutingAnswers {
  const model = (name: string, seconds: number) => ({
    ...{ name, fingerprint: name, quantisation: "Q8_0", context: 2_048, seconds },
  });
  const answer = (right: boolean) => ({
    ...{ right, valid: true, confidence: right ? 0.95 : 0.4, promptTokens: 10, completionTokens: 10 },
  });
  return {
    ...{ schema: 1, kind: "routing-answers", seed: 0, small: model("s", 1), large: model("l", 10) },
    items: Array.from({ length: count }, (_, index) => {
      const isHard = index % 2 === 0;
      const content = isHard
        ? "Explain why, compare, prove it."
        : "A word that is said again and again, please";
      const { small, large } = rightOf(isHard, index);
      return {
        ...{ id: `t-${index}`, task: isHard ? "hard" : "easy" },
        features: routeFeatures({ messages: [{ role: "user", content }], maxTokens: 16 }),
        ...{ small: answer(small), large: answer(large) },
      };
    }),
  };
}

describe("compareRoutes", () => {
  const bench = compareRoutes(
    answers(60, (hard) => ({ small: !hard, large: true })),
    DEFAULT_POLICY,
    0,
  );
  const row = (id: string) => bench.strategies.find((one) => one.id === id)!;

  it("shows a score that is right to be right, at half the cost", () => {
    expect(row("always small")).toMatchObject({ quality: { value: 0.5 }, cost: 0, calls: 0 });
    expect(row("always large")).toMatchObject({ quality: { value: 1 }, cost: 1 });
    expect(row("balanced, score")).toMatchObject({ quality: { value: 1 }, cost: 0.5, calls: 0.5 });
    expect(row("balanced, score").overRandom!.value).toBeCloseTo(0.25);
    expect(row("random").quality.value).toBeCloseTo(0.75);
    // The longest prompts are the easy ones here.
    expect(row("length").quality.value).toBeCloseTo(0.5);
    expect(row("oracle")).toMatchObject({ quality: { value: 1 }, cost: 0.5 });
    // Small answers that are given up are paid for too.
    expect(row("small first").seconds).toBeCloseTo(1 + 5);
    expect(row("balanced, score").seconds).toBeCloseTo(0.5 + 5);
    expect(bench.tasks).toMatchObject([
      { task: "hard", items: 30, small: 0, large: 1, direct: 1, routed: 1 },
      { task: "easy", items: 30, small: 1, large: 1, direct: 0, escalated: 0, routed: 1 },
    ]);
  });

  it("finds nothing where there is nothing: models that are alike", () => {
    const none = compareRoutes(
      answers(60, (_hard, index) => ({ small: index % 3 === 0, large: index % 3 === 0 })),
      DEFAULT_POLICY,
      0,
    );
    expect(none.gap).toEqual({ value: 0, low: 0, high: 0 });
    expect(none.curves.map(({ area }) => area)).toEqual(none.curves.map(() => undefined));
  });

  it("a policy without a cascade has no row of it", () => {
    const plain = compareRoutes(
      answers(10, () => ({ small: true, large: true })),
      findPolicy("always-large"),
      0,
    );
    expect(plain.strategies.map(({ id }) => id)).not.toContain("small first");
  });
});

describe("answerItems", () => {
  it("asks all items, counts their tokens, and makes one that cannot be asked a wrong answer", async () => {
    const items = makeRoutingItems(2, 0);
    expect(items.map(({ id }) => id).slice(0, 3)).toEqual(["repeat-0", "repeat-1", "extract-0"]);
    const model = createScriptedModel();
    const seen: number[] = [];
    const { answers } = await answerItems(model, items, { parallel: 3, onItem: (done) => seen.push(done) });
    expect(seen).toEqual(items.map((_, index) => index + 1));
    for (const { error, promptTokens, confidence } of answers) {
      expect(confidence).toBeLessThanOrEqual(1);
      expect(error !== undefined || promptTokens > 0).toBe(true);
    }
    await model.close();
  });

  it("answers survive a file, and a file of something else is refused", () => {
    const some = answers(4, () => ({ small: true, large: false }));
    expect(parseRoutingAnswers(JSON.parse(JSON.stringify(some)), "x")).toEqual(some);
    const wrong = { ...some, items: [{ ...some.items[0], large: { right: 1 } }] };
    expect(() => parseRoutingAnswers(wrong, "x.json")).toThrow(/x.json holds no answers.*large.right/);
  });
});
