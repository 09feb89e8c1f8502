import { expect, it } from "vitest";
import { createMeter } from "./progress-meter.ts";

function scripted() {
  let now = 0;
  const meter = createMeter(() => now);
  const progress = (at: number, done: number, found?: number) => {
    now = at * 1_000;
    meter.update({
      type: "stage-progress",
      stage: "s",
      done,
      total: 1_000,
      ...(found !== undefined && { found }),
    });
  };
  const start = (done = 0) =>
    meter.update({ type: "stage-start", stage: "s", total: 1_000, unit: "probes", done });
  return { meter, start, progress };
}

it("measures from where this sitting began, not from zero", () => {
  const { meter, start, progress } = scripted();
  start(500);
  progress(0, 500);
  progress(10, 600, 7);
  expect(meter.read()).toMatchObject({ resumed: 500, done: 600, rate: 10, secondsLeft: 40, found: 7 });
});

it("follows a machine that slows down", () => {
  const { meter, start, progress } = scripted();
  start();
  for (let second = 0; second <= 10; second++) progress(second, second * 50);
  expect(meter.read()?.rate).toBeCloseTo(50);
  for (let second = 11; second <= 40; second++) progress(second, 500 + (second - 10));
  expect(meter.read()?.rate).toBeCloseTo(1);
  expect(meter.read()?.secondsLeft).toBeCloseTo(470);
});

it("keeps what was found when an event does not tell it, and promises nothing without a rate", () => {
  const { meter, start, progress } = scripted();
  expect(meter.read()).toBeUndefined();
  start();
  progress(0, 0, 3);
  progress(5, 0);
  expect(meter.read()).toMatchObject({ found: 3, rate: 0, secondsLeft: undefined });
  meter.update({ type: "stage-end", stage: "s", done: 0, seconds: 5 });
  expect(meter.read()).toBeUndefined();
});
