import { expect, it } from "vitest";
import { AppError } from "../../errors.ts";
import { DEFAULT_RETRY, PassingError, retryAfter, withRetries } from "./retry.ts";

const policy = { ...DEFAULT_RETRY, attempts: 3, baseMs: 1, maxMs: 4 };
const cut = () => Object.assign(new Error("socket hang up"), { code: "ECONNRESET" });

it.each([
  ["7", 7_000],
  ["0", 0],
  ["Tue, 24 Nov 2026 12:00:30 GMT", 30_000],
  ["Tue, 24 Nov 2026 11:00:00 GMT", 0],
  ["-5", undefined],
  ["1e3", undefined],
  ["soon", undefined],
  [undefined, undefined],
])("Retry-After: %s", (header, expected) => {
  expect(retryAfter(header, Date.parse("2026-11-24T12:00:00Z"))).toBe(expected);
});

it("gives up after so many failures in a row, with what the last one was", async () => {
  let calls = 0;
  const work = withRetries({ policy, what: "hub" }, async () => {
    calls += 1;
    throw cut();
  });
  await expect(work).rejects.toMatchObject({
    code: "DATA_UNAVAILABLE",
    message: "hub does not deliver: the connection was cut (after 3 attempts).",
  });
  expect(calls).toBe(3);
});

it("goes on for as long as something comes", async () => {
  let calls = 0;
  const result = await withRetries({ policy, what: "hub" }, async (attempt) => {
    if (++calls === 20) return "done";
    attempt.progressed();
    throw cut();
  });
  expect([result, calls]).toEqual(["done", 20]);
});

it.each([new AppError("MODEL_NOT_FOUND", "gone"), new RangeError("a bug")])(
  "does not repeat %s",
  async (error) => {
    let calls = 0;
    const work = withRetries({ policy, what: "hub" }, async () => {
      calls += 1;
      throw error;
    });
    await expect(work).rejects.toBe(error);
    expect(calls).toBe(1);
  },
);

it("waits as the server asks, but not for an hour", async () => {
  const asked: string[] = [];
  const answers = [new PassingError("429", { afterMs: 30, status: 429 }), undefined];
  await withRetries({ policy, what: "hub", onNote: (note) => asked.push(note) }, async () => {
    const answer = answers.shift();
    if (answer) throw answer;
  });
  expect(asked).toEqual(["hub: 429; trying again in 0.0 s."]);
  const long = withRetries({ policy, what: "hub" }, async () => {
    throw new PassingError("429", { afterMs: 3_600_000 });
  });
  await expect(long).rejects.toMatchObject({ message: expect.stringContaining("wait 60 min") });
});

it("stops waiting at once when it is told to", async () => {
  const controller = new AbortController();
  const work = withRetries(
    { policy: { ...policy, baseMs: 60_000, maxMs: 60_000 }, what: "hub", signal: controller.signal },
    () => Promise.reject(cut()),
  );
  setTimeout(() => controller.abort(), 10);
  await expect(work).rejects.toMatchObject({ code: "CANCELLED" });
});
