import { describe, expect, it } from "vitest";
import { createStepSize } from "./step-size.ts";

/** Tokens of the step after so many full ones on a machine with these costs. */
function settle(machine: { fixedMs: number; tokenMs: number }, stepMs = 250, steps = 40) {
  const size = createStepSize(512, stepMs);
  for (let i = 0; i < steps; i++) size.learn(size.next(), machine.fixedMs + machine.tokenMs * size.next());
  return { size, tokens: size.next(), ms: machine.fixedMs + machine.tokenMs * size.next() };
}

describe("the size of a step", () => {
  it("is a whole batch while nothing is known and where the machine is fast", () => {
    expect(createStepSize(512, 250).next()).toBe(512);
    expect(settle({ fixedMs: 1, tokenMs: 0.2 }).tokens).toBe(512);
    expect(settle({ fixedMs: 50, tokenMs: 50 }, Number.POSITIVE_INFINITY).tokens).toBe(512);
  });

  it("ends at the time that a step should take", () => {
    for (const machine of [
      { fixedMs: 0, tokenMs: 2 },
      { fixedMs: 100, tokenMs: 3 },
      { fixedMs: 200, tokenMs: 0.5 },
    ]) {
      const { ms } = settle(machine);
      expect(ms).toBeGreaterThan(240);
      expect(ms).toBeLessThanOrEqual(250);
    }
  });

  it("takes one long step on a slow machine, not several", () => {
    const size = createStepSize(512, 250);
    size.learn(512, 10_000);
    expect(size.next()).toBeLessThan(16);
  });

  it("is not cut by steps that only generate", () => {
    // Mixtral on a desk machine: reading the weights is nearly all of a small step.
    const { size, tokens } = settle({ fixedMs: 150, tokenMs: 1 });
    for (let i = 0; i < 500; i++) size.learn(6, 156);
    expect(tokens).toBeGreaterThan(80);
    expect(size.next()).toBe(tokens);
  });

  it("grows again after a hiccup, and is at most halved by one", () => {
    const { size, tokens } = settle({ fixedMs: 0, tokenMs: 1 });
    size.learn(size.next(), 60_000);
    expect(size.next()).toBe(Math.floor(tokens / 2));
    for (let i = 0; i < 3; i++) size.learn(size.next(), size.next());
    expect(size.next()).toBe(tokens);
  });

  it("lets a step take twice the smallest one where even that is too long", () => {
    const { tokens, ms } = settle({ fixedMs: 400, tokenMs: 4 });
    expect(tokens).toBeGreaterThan(80);
    expect(ms).toBeLessThanOrEqual(2 * 432);
  });
});
