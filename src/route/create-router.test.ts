import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createRouter } from "./create-router.ts";
import { routeFeatures } from "./features/route-features.ts";
import { BUILT_IN_POLICIES } from "./policy/built-in-policies.ts";
import { findPolicy } from "./policy/read-policy.ts";
import type { RouteCandidate, RouteDecision, RouteQuestion } from "./route-decision.ts";

const candidate = (model: string, changes: Partial<RouteCandidate> = {}): RouteCandidate => ({
  ...{ model, tier: model.startsWith("s") ? "small" : "large", context: 2_048, promptTokens: 20 },
  ...{ loaded: true, fits: true, active: 0, waiting: 0, promptSpeed: 100, generationSpeed: 10, glitches: 0 },
  ...changes,
});
const features = (content: string, maxTokens?: number) =>
  routeFeatures({ messages: [{ role: "user", content }], maxTokens });
const EASY = features("What is the capital of France?");
const HARD = features("Explain why the plan fails, compare it with ours and prove it.\n- first\n- second");

const question = (changes: Partial<RouteQuestion> = {}): RouteQuestion => ({
  features: EASY,
  candidates: [candidate("small"), candidate("large")],
  ...{ tier: undefined, deadline: undefined, freeMemory: undefined },
  ...changes,
});
const decide = (changes: Partial<RouteQuestion>, policy = "balanced") =>
  createRouter(findPolicy(policy), { clock: () => 0 }).decide(question(changes));

describe("the score", () => {
  it("sends easy requests to the small model with a way up, hard ones to the large", () => {
    expect(decide({})).toMatchObject({
      ...{ model: "small", reason: "score under threshold", threshold: 0.5 },
      ...{ escalateTo: "large", minConfidence: 0.6 },
      alternatives: [{ model: "large", reason: "score under threshold" }],
    });
    expect(decide({ features: HARD })).toMatchObject({
      ...{ model: "large", reason: "score over threshold", escalateTo: undefined, minConfidence: undefined },
      alternatives: [{ model: "small", reason: "score over threshold" }],
    });
  });

  it("means nothing to the policies that always choose the same", () => {
    expect(decide({ features: HARD }, "always-small")).toMatchObject({
      model: "small",
      escalateTo: undefined,
    });
    expect(decide({}, "always-large")).toMatchObject({ model: "large" });
    expect(decide({}, "speed")).toMatchObject({ escalateTo: "large", minConfidence: undefined });
  });
});

describe("the gates", () => {
  const small = (changes: Partial<RouteCandidate>) => ({
    candidates: [candidate("small", changes), candidate("large")],
  });
  const large = (changes: Partial<RouteCandidate>) => ({
    candidates: [candidate("small"), candidate("large", changes)],
  });

  it.each([
    ["context", small({ context: 100 }), "large", /20 prompt and 256 answer tokens, 100 fit/],
    ["memory", large({ loaded: false, fits: false }), "small", /no room/],
    ["glitch tokens", small({ glitches: 2 }), "large", /2 of its own/],
    [
      "deadline",
      { deadline: 10_000, ...large({ generationSpeed: 1 }), ...{} },
      "small",
      /predicted, 10.0 s given/,
    ],
    ["tier", { tier: "large" as const }, "large", /asked for a large/],
  ])("%s closes a model, and says why", (gate, changes, model, why) => {
    const fast = gate === "deadline" ? { features: features("x", 64) } : {};
    const decision = decide({ ...changes, ...fast });
    expect(decision).toMatchObject({ model, reason: gate, score: undefined, escalateTo: undefined });
    expect(decision.alternatives[0]!.reason).toMatch(why);
  });

  it("soft ones yield where nothing else is left, hard ones do not", () => {
    const both = (changes: Partial<RouteCandidate>) => ({
      candidates: [candidate("small", changes), candidate("large", changes)],
    });
    expect(decide(both({ glitches: 1 })).model).toBe("small");
    expect(decide({ deadline: 1 }).model).toBe("small");
    expect(decide({ tier: "large", candidates: [candidate("small")] })).toMatchObject({
      reason: "only model",
    });
    expect(() => decide(both({ context: 20 }))).toThrow(expect.objectContaining({ code: "CONTEXT_FULL" }));
    expect(() => decide(both({ context: 20 }))).toThrow(/small: context: .*; large: context/);
    expect(() => decide(both({ loaded: false, fits: false }))).toThrow(
      expect.objectContaining({ code: "OUT_OF_MEMORY" }),
    );
    expect(() => decide({ candidates: [] })).toThrow(expect.objectContaining({ code: "MODEL_NOT_FOUND" }));
  });

  it("without a bound on the answer a model with room for a usual one is taken, else one with any room", () => {
    expect(decide(small({ context: 100 }))).toMatchObject({ model: "large", reason: "context" });
    const tight = { candidates: [candidate("small", { context: 100 }), candidate("large", { context: 90 })] };
    expect(decide(tight).model).toBe("small");
    expect(decide({ ...small({ context: 100 }), features: features("x", 50) }).model).toBe("small");
  });

  it("a deadline leaves time for two answers, or there is no escalation", () => {
    const quick = { features: features("x", 64) };
    expect(decide({ ...quick, deadline: 20_000 }).escalateTo).toBe("large");
    expect(decide({ ...quick, deadline: 10_000 })).toMatchObject({ model: "small", escalateTo: undefined });
  });

  it("of several of a tier the one that is loaded and least busy is taken", () => {
    const candidates = [
      candidate("s1", { loaded: false }),
      candidate("s2", { waiting: 2 }),
      candidate("s3"),
      candidate("large"),
    ];
    const decision = decide({ candidates });
    expect(decision.model).toBe("s3");
    expect(decision.alternatives).toHaveLength(3);
  });
});

describe("the load", () => {
  const BETWEEN = { ...EASY, tools: 2, reasoning: 1 };
  const busy = question({
    features: BETWEEN,
    candidates: [candidate("small"), candidate("large", { waiting: 4 })],
  });

  it("raises the threshold, says so, and lets go after the dwell", () => {
    let at = 0;
    const router = createRouter(findPolicy("balanced"), { clock: () => at });
    const calm = question({ features: BETWEEN });
    expect(router.decide(calm)).toMatchObject({ model: "large", threshold: 0.5, load: { raised: false } });
    expect(router.decide(busy)).toMatchObject({
      ...{ model: "small", threshold: 0.7, reason: "score under threshold, raised by load" },
      load: { raised: true, part: "queue", pressure: 1 },
    });
    at = 14_999;
    expect(router.decide(calm)).toMatchObject({ threshold: 0.7, load: { raised: true, part: "none" } });
    at = 15_001;
    expect(router.decide(calm)).toMatchObject({ threshold: 0.5, load: { raised: false } });
  });

  it("also counts a model that would have to be loaded, and memory for it", () => {
    const cold = [candidate("small"), candidate("large", { loaded: false })];
    expect(decide({ candidates: cold })).toMatchObject({ load: { part: "not loaded", raised: false } });
    expect(decide({ candidates: cold, freeMemory: 2 ** 20 })).toMatchObject({
      load: { part: "memory", pressure: 1, raised: true },
    });
  });

  it("is that of the large model against the small: a queue at both moves nothing", () => {
    const router = createRouter(findPolicy("balanced"), { clock: () => 0 });
    const both = [candidate("small", { waiting: 4 }), candidate("large", { waiting: 4 })];
    expect(router.decide({ ...busy, candidates: both })).toMatchObject({ threshold: 0.5 });
  });
});

const anyCandidate = (model: string) =>
  fc.record({
    model: fc.constant(model),
    tier: fc.constantFrom("small" as const, "large" as const),
    context: fc.integer({ min: 1, max: 4_096 }),
    promptTokens: fc.integer({ min: 1, max: 4_096 }),
    loaded: fc.boolean(),
    fits: fc.boolean(),
    active: fc.nat(8),
    waiting: fc.nat(8),
    promptSpeed: fc.option(fc.double({ min: 0.1, max: 1e4, noNaN: true }), { nil: undefined }),
    generationSpeed: fc.option(fc.double({ min: 0.1, max: 1e3, noNaN: true }), { nil: undefined }),
    glitches: fc.nat(2),
  });
const anyQuestion: fc.Arbitrary<RouteQuestion> = fc.record({
  features: fc.constantFrom(EASY, HARD, { ...EASY, maxTokens: 100 }, { ...HARD, tools: 5, maxTokens: 3_000 }),
  candidates: fc.tuple(anyCandidate("a"), anyCandidate("b"), anyCandidate("c")),
  tier: fc.constantFrom(undefined, "small" as const, "large" as const),
  deadline: fc.constantFrom(undefined, 1, 5_000, 60_000),
  freeMemory: fc.constantFrom(undefined, 0, 2 ** 34),
});
const anyPolicy = fc.constantFrom(...BUILT_IN_POLICIES);

/** Decisions of a router that is asked the questions at the times. */
function ask(
  policy: (typeof BUILT_IN_POLICIES)[number],
  asked: readonly (readonly [number, RouteQuestion])[],
) {
  let at = 0;
  const router = createRouter(policy, { clock: () => at });
  return asked.map(([later, one]) => {
    at += later;
    try {
      return router.decide(one);
    } catch (error) {
      return (error as { code: string }).code;
    }
  });
}
const anyHistory = fc.array(fc.tuple(fc.nat(20_000), anyQuestion), { maxLength: 30 });

describe("laws", () => {
  it("a decision is a function of the question and what was asked before", () => {
    fc.assert(
      fc.property(anyPolicy, anyHistory, (policy, asked) => {
        expect(ask(policy, asked)).toEqual(ask(policy, structuredClone(asked)));
      }),
    );
  });

  it("no hard gate is ever passed, every other model has its reason, an escalation leads to a large model", () => {
    fc.assert(
      fc.property(anyPolicy, anyQuestion, (policy, one) => {
        const [decision] = ask(policy, [[0, one]]) as [RouteDecision | string];
        if (typeof decision === "string") {
          const room = one.features.maxTokens || 1;
          for (const { promptTokens, context, loaded, fits } of one.candidates)
            expect(promptTokens + room > context || !(loaded || fits)).toBe(true);
          return;
        }
        for (const id of [decision.model, decision.escalateTo ?? decision.model]) {
          const { promptTokens, context, loaded, fits } = one.candidates.find(({ model }) => model === id)!;
          expect(promptTokens + (one.features.maxTokens || 1)).toBeLessThanOrEqual(context);
          expect(loaded || fits).toBe(true);
        }
        if (decision.escalateTo !== undefined)
          expect(one.candidates.find(({ model }) => model === decision.escalateTo)!.tier).toBe("large");
        const named = [decision.model, ...decision.alternatives.map(({ model }) => model)].sort();
        expect(named).toEqual(["a", "b", "c"]);
        for (const { reason } of decision.alternatives) expect(reason).not.toBe("");
      }),
    );
  });

  it("the threshold never moves more often than the dwell allows", () => {
    fc.assert(
      fc.property(anyHistory, (asked) => {
        const decisions = ask(findPolicy("balanced"), asked).filter(
          (one): one is RouteDecision => typeof one !== "string" && one.load !== undefined,
        );
        const moves = decisions.filter(
          (one, index) => one.load!.raised !== decisions[index - 1]?.load?.raised,
        );
        // The first is where the history begins, and the second may follow at once.
        for (const [index, { at }] of moves.entries())
          if (index >= 2) expect(at! - moves[index - 1]!.at!).toBeGreaterThanOrEqual(15_000);
      }),
    );
  });

  it("a look ahead says what a decision would, and leaves no trace", () => {
    const busy = question({ candidates: [candidate("small"), candidate("large", { waiting: 50 })] });
    const calm = question();
    const looked = createRouter(findPolicy("balanced"), { clock: () => 0 });
    expect(looked.preview(busy).load).toMatchObject({ raised: true });
    expect(looked.preview(calm).load).toMatchObject({ raised: false });
    expect(looked.decide(busy).load).toMatchObject({ raised: true });
    // Decided, it stays for the dwell.
    expect(looked.preview(calm).load).toMatchObject({ raised: true });
  });

  it("times only grow, whatever the clock does", () => {
    const times = [5, 5, 3, 9];
    const router = createRouter(findPolicy("balanced"), { clock: () => times.shift()! });
    const decided = [0, 1, 2, 3].map(() => router.decide(question()).at!);
    expect(decided).toEqual([...new Set(decided)].sort((a, b) => a - b));
  });
});
