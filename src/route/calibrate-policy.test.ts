import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createRandom } from "../random.ts";
import { calibratePolicy, LEAST_OUTCOMES } from "./calibrate-policy.ts";
import { createRouter } from "./create-router.ts";
import { fitLogistic, type LabelledRow } from "./fit-logistic.ts";
import type { RouteLogEntry } from "./log/route-log-entry.ts";
import { DEFAULT_POLICY } from "./policy/built-in-policies.ts";
import type { RouteFeatures, RouteQuestion } from "./route-decision.ts";
import { logistic } from "./score.ts";

const FEATURES: RouteFeatures = {
  ...{ characters: 40, turns: 1, tools: 0, schemaDepth: 0, schemaFields: 0, digits: 0, code: 0 },
  ...{ questions: 1, reasoning: 0, asks: 0, rareWords: 0, otherScript: 0, maxTokens: 16 },
};

/** A log in which digits, and nothing else, decide whether the small model will do. */
function log(count: number, chanceOf: (digits: number) => number, seed = 1): RouteLogEntry[] {
  const random = createRandom(seed);
  const router = createRouter(DEFAULT_POLICY, { clock: () => 0 });
  return Array.from({ length: count }, (_, index) => {
    const digits = random() / 5;
    const question: RouteQuestion = {
      features: { ...FEATURES, digits },
      candidates: (["small", "large"] as const).map((tier) => ({
        ...{ model: tier, tier, context: 2_048, promptTokens: 9, loaded: true, fits: true, active: 0 },
        ...{ waiting: 0, promptSpeed: 90, generationSpeed: 16, glitches: 0 },
      })),
      ...{ tier: undefined, deadline: undefined, freeMemory: undefined },
    };
    const escalated = random() < chanceOf(digits);
    return {
      ...{ schema: 1, time: "2026-01-01T00:00:00.000Z", id: String(index), router: "r", policy: "balanced" },
      ...{ question, decision: router.decide(question) },
      outcome: { escalated, confidence: 0.9, valid: !escalated, promptTokens: 9, completionTokens: 9, ms: 1 },
    };
  });
}

describe("calibratePolicy", () => {
  it("finds what makes requests hard, and is better on requests it has not seen", () => {
    const { policy, loss, outcomes } = calibratePolicy(
      log(400, (digits) => (digits > 0.1 ? 0.9 : 0.1)),
      DEFAULT_POLICY,
    );
    expect(outcomes).toBe(400);
    expect(loss.after).toBeLessThan(loss.before - 0.05);
    expect(policy.weights.digits).toBeGreaterThan(DEFAULT_POLICY.weights.digits + 1);
    // Nothing was seen of tools, so nothing was learned about them.
    expect(policy.weights.tools).toBeCloseTo(DEFAULT_POLICY.weights.tools, 3);
    expect(policy).toMatchObject({ name: "balanced-calibrated", threshold: DEFAULT_POLICY.threshold });
  });

  it("refuses too few outcomes, and outcomes of one kind", () => {
    const refusal = expect.objectContaining({ code: "DATA_UNAVAILABLE" });
    expect(() =>
      calibratePolicy(
        log(LEAST_OUTCOMES - 1, () => 0.5),
        DEFAULT_POLICY,
      ),
    ).toThrow(refusal);
    expect(() =>
      calibratePolicy(
        log(400, () => 0),
        DEFAULT_POLICY,
      ),
    ).toThrow(refusal);
  });

  it("learns nothing from requests that went to the large model, failed otherwise, or were never judged", () => {
    const entries = log(300, (digits) => (digits > 0.1 ? 0.9 : 0.1));
    const [first] = entries;
    const silent: RouteLogEntry[] = [
      { ...first!, decision: { ...first!.decision, model: "large" } },
      { ...first!, outcome: { ...first!.outcome, escalated: false, valid: true, error: "DEADLINE" } },
      {
        ...first!,
        decision: { ...first!.decision, minConfidence: undefined },
        outcome: { ...first!.outcome, escalated: false, valid: undefined },
      },
    ];
    expect(calibratePolicy([...entries, ...silent], DEFAULT_POLICY).outcomes).toBe(300);
  });
});

describe("fitLogistic", () => {
  const rows = fc.array(
    fc.record({
      inputs: fc.tuple(
        fc.constant(1),
        fc.double({ min: -3, max: 3, noNaN: true }),
        fc.double({ min: 0, max: 1, noNaN: true }),
      ),
      isHard: fc.boolean(),
    }),
    { maxLength: 40 },
  );

  it("law: ends where the gradient is 0, also on rows that a line separates", () => {
    fc.assert(
      fc.property(rows, (some: readonly LabelledRow[]) => {
        const prior = [0.5, -1, 2];
        const weights = fitLogistic(some, prior);
        for (const [index, weight] of weights.entries()) {
          const pull = some.reduce((sum, { inputs, isHard }) => {
            const points = inputs.reduce((total, value, at) => total + value * weights[at]!, 0);
            return sum + (logistic(points) - (isHard ? 1 : 0)) * inputs[index]!;
          }, 0);
          expect(pull + (weight - prior[index]!)).toBeCloseTo(0, 3);
        }
      }),
    );
  });

  it("without rows is the prior", () => {
    expect(fitLogistic([], [1, 2, 3])).toEqual([1, 2, 3]);
  });
});
