import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { tellRegularly } from "./tell-regularly.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it("tells every second while there is work, once after it, and nothing when idle", () => {
  const calls = { active: 0 };
  let told = 0;
  const stop = tellRegularly(calls, () => told++);
  vi.advanceTimersByTime(5_000);
  expect(told).toBe(0);
  calls.active = 2;
  vi.advanceTimersByTime(3_000);
  expect(told).toBe(3);
  calls.active = 0;
  vi.advanceTimersByTime(5_000);
  expect(told).toBe(4);
  calls.active = 1;
  stop();
  vi.advanceTimersByTime(5_000);
  expect(told).toBe(4);
});
