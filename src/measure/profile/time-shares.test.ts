import fc from "fast-check";
import { expect, it } from "vitest";
import { TIME_PARTS, timeShares } from "./time-shares.ts";

const step = (prompt: number, generating: number, decodeMs: number, free = [0, 0], constrained = [0, 0]) => ({
  tokens: { prompt, generating, probing: 0 },
  decodeMs,
  free: { tokens: free[0]!, ms: free[1]! },
  constrained: { tokens: constrained[0]!, ms: constrained[1]! },
});

it("splits a mixed decode by its tokens, and a grammar from the sampling that any token needs", () => {
  const steps = [step(96, 4, 100, [4, 2]), step(0, 4, 20, [0, 0], [4, 10])];
  const { prompt, decode, sampling, grammar, waiting } = timeShares(steps, 1, 0.5);
  expect(prompt).toBeCloseTo(0.096, 12);
  expect(decode).toBeCloseTo(0.024, 12);
  expect(sampling).toBeCloseTo(0.004, 12);
  expect(grammar).toBeCloseTo(0.008, 12);
  expect(waiting).toBeCloseTo(1 - 0.132, 12);
});

it("law: no part is negative, and they add up to the clock's time where that is long enough", () => {
  const some = fc.array(
    fc
      .tuple(fc.nat(500), fc.integer({ min: 1, max: 64 }), fc.nat(250), fc.nat(64), fc.nat(40))
      .map(([prompt, generating, ms, tokens, spent]) =>
        step(prompt, generating, ms, [tokens, spent], [tokens, spent]),
      ),
    { maxLength: 20 },
  );
  fc.assert(
    fc.property(some, fc.double({ min: 0, max: 5, noNaN: true }), (steps, freeMs) => {
      const shares = timeShares(steps, 60, freeMs);
      for (const part of TIME_PARTS) expect(shares[part]).toBeGreaterThanOrEqual(0);
      expect(TIME_PARTS.reduce((sum, part) => sum + shares[part], 0)).toBeCloseTo(60, 6);
    }),
  );
});
