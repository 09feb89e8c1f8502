import { expect, test } from "vitest";
import { AppError } from "../../errors.ts";
import { createDeadline } from "./deadline.ts";

const stopped = new AppError("CANCELLED", "The request was stopped.");

test("time that runs out is told as DEADLINE, with what was given", async () => {
  const { signal, explain } = createDeadline(undefined, 5);
  await new Promise((resolve) => signal.addEventListener("abort", resolve));
  expect(explain(stopped)).toMatchObject({ code: "DEADLINE", details: { deadlineMs: 5 } });
  expect(explain(signal.reason)).toMatchObject({ code: "DEADLINE" });
});

test("errors of the work itself stay what they are, also when time is up", async () => {
  const { signal, explain } = createDeadline(undefined, 1);
  await new Promise((resolve) => signal.addEventListener("abort", resolve));
  const lost = new AppError("RUNNER_LOST", "gone");
  expect(explain(lost)).toBe(lost);
});

test("a caller that leaves is no deadline", () => {
  const caller = new AbortController();
  const { signal, explain, clear } = createDeadline(caller.signal, 60_000);
  caller.abort();
  expect(signal.aborted).toBe(true);
  expect(explain(stopped)).toBe(stopped);
  clear();
});
