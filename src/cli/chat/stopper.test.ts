import { afterEach, expect, test, vi } from "vitest";
import { AppError } from "../../errors.ts";
import type { CliContext } from "../context.ts";
import { createStopper } from "./stopper.ts";

afterEach(() => void vi.restoreAllMocks());

function open() {
  const exit = vi.spyOn(process, "exit").mockImplementation((status) => {
    throw new Error(`exit ${status}`);
  });
  const main = new AbortController();
  const leave = vi.fn();
  let signalled: () => boolean = () => false;
  const context = { signal: main.signal, onCtrlC: (handle: () => boolean) => (signalled = handle) };
  const stopper = createStopper(context as unknown as CliContext, leave);
  return { stopper, leave, main, exit, ctrlC: () => signalled() };
}
const CANCELLED = expect.objectContaining({ code: "CANCELLED" });

test("in an answer the first stops the answer, the second ends the process", async () => {
  const { stopper, leave, ctrlC, exit } = open();
  await stopper.during(async (signal) => {
    expect(ctrlC()).toBe(true);
    expect(signal.reason).toEqual(CANCELLED);
    expect(() => ctrlC()).toThrow("exit 130");
  });
  expect(leave).not.toHaveBeenCalled();
  exit.mockClear();
  // The next answer begins afresh.
  await stopper.during(async (signal) => {
    expect(signal.aborted).toBe(false);
    expect(ctrlC()).toBe(true);
  });
  expect(exit).not.toHaveBeenCalled();
});

test("between answers the first leaves, the second ends the process", () => {
  const { stopper, leave } = open();
  stopper.press();
  expect(stopper.isLeaving()).toBe(true);
  expect(leave).toHaveBeenCalledOnce();
  expect(() => stopper.press()).toThrow("exit 130");
});

test("who tells the process to end stops the answer and leaves", async () => {
  const { stopper, leave, main } = open();
  await stopper.during(async (signal) => {
    main.abort(new AppError("CANCELLED", "Stopped."));
    expect(signal.reason).toEqual(CANCELLED);
  });
  expect(leave).toHaveBeenCalledOnce();
  expect(stopper.isLeaving()).toBe(true);
});
