import { describe, expect, it } from "vitest";
import { createStepSize } from "./step-size.ts";

describe("createStepSize", () => {
  it("begins with a whole batch and settles at the time allowed", () => {
    const size = createStepSize(512, 250);
    expect(size.next()).toBe(512);
    for (let i = 0; i < 40; i++) size.learn(size.next(), size.next() * 5); // 5 ms a token
    expect(size.next()).toBe(50);
  });

  it("never asks for fewer than 8 tokens nor more than a batch", () => {
    const slow = createStepSize(512, 250);
    slow.learn(512, 512_000);
    expect(slow.next()).toBe(8);
    const fast = createStepSize(512, 250);
    fast.learn(512, 1);
    expect(fast.next()).toBe(512);
  });

  it("does not learn from tiny steps", () => {
    const size = createStepSize(512, 250);
    size.learn(1, 1000);
    expect(size.next()).toBe(512);
  });
});
