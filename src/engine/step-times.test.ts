import { expect, it, vi } from "vitest";
import { createStepWatch, type StepTimes } from "./step-times.ts";

it("sums up what was sampled since the last step, free and constrained apart", () => {
  const seen: StepTimes[] = [];
  const watch = createStepWatch((times) => seen.push(times));
  const busy = { sample: (row: Float32Array) => row.length, dispose: vi.fn() };
  const free = watch.watch(busy, false);
  const constrained = watch.watch(busy, true);
  const tokens = { generating: 2, prompt: 5, probing: 0 };
  expect(free.sample(new Float32Array(3))).toBe(3);
  constrained.sample(new Float32Array(3));
  constrained.sample(new Float32Array(3));
  watch.onStep({ tokens, decodeMs: 7 });
  watch.onStep({ tokens, decodeMs: 8 });
  expect(seen).toMatchObject([
    { tokens, decodeMs: 7, free: { tokens: 1 }, constrained: { tokens: 2 } },
    { decodeMs: 8, free: { tokens: 0, ms: 0 }, constrained: { tokens: 0, ms: 0 } },
  ]);
  expect(seen[0]!.constrained.ms).toBeGreaterThanOrEqual(0);
  free.dispose();
  expect(busy.dispose).toHaveBeenCalledOnce();
});
