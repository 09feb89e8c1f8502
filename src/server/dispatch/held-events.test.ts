import fc from "fast-check";
import { expect, test, vi } from "vitest";
import { heldEvents } from "./held-events.ts";

async function* count(to: number, fails = false): AsyncGenerator<number> {
  for (let at = 0; at < to; at++) yield at;
  if (fails) throw new Error("broken");
}

test("gives back once, however far it is read, and whether it fails", async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat(5), fc.nat(7), fc.boolean(), async (length, read, fails) => {
      const giveBack = vi.fn();
      const events = heldEvents(count(length, fails), giveBack);
      const seen: number[] = [];
      try {
        if (read > 0) for await (const event of events) if (seen.push(event) >= read) break;
      } catch (error) {
        expect((error as Error).message).toBe("broken");
      }
      if (read === 0) await events.return?.();
      await events.return?.();
      expect(giveBack).toHaveBeenCalledTimes(1);
      expect(seen).toEqual(Array.from({ length: Math.min(length, read) }, (_, at) => at));
    }),
  );
});

test("nobody ever reads: an abort gives it back, also one that came before", () => {
  const giveBack = vi.fn();
  const controller = new AbortController();
  heldEvents(count(1), giveBack, controller.signal);
  expect(giveBack).not.toHaveBeenCalled();
  controller.abort();
  expect(giveBack).toHaveBeenCalledTimes(1);
  heldEvents(count(1), giveBack, controller.signal);
  expect(giveBack).toHaveBeenCalledTimes(2);
});

test("an abort while it is read leaves giving back to the end of the work", async () => {
  const giveBack = vi.fn();
  const controller = new AbortController();
  const events = heldEvents(count(2), giveBack, controller.signal);
  await events.next();
  controller.abort();
  expect(giveBack).not.toHaveBeenCalled();
  await events.return?.();
  expect(giveBack).toHaveBeenCalledTimes(1);
});
