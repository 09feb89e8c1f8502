import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { promptShares } from "./prompt-shares.ts";

describe("the shares of prompts in a step", () => {
  it("let a short prompt through beside a long one that was first", () => {
    expect(promptShares([4_000, 30], 512)).toEqual([482, 30]);
  });

  it("give prompts of one length to the first of them, so that some are done early", () => {
    expect(promptShares([256, 256, 256], 512)).toEqual([256, 256, 0]);
  });

  it("leave the oldest a part under any number of shorter ones", () => {
    expect(promptShares([4_000, ...Array<number>(100).fill(10)], 512)[0]).toBe(128);
  });

  it("use all the room, give nobody more than it needs, and finish the shortest", () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 5_000 }), { maxLength: 30 }),
        fc.nat(600),
        (remaining, room) => {
          const shares = promptShares(remaining, room);
          const total = remaining.reduce((sum, count) => sum + count, 0);
          expect(shares.reduce((sum, count) => sum + count, 0)).toBe(Math.min(room, total));
          shares.forEach((share, index) => {
            expect(share).toBeGreaterThanOrEqual(0);
            expect(share).toBeLessThanOrEqual(remaining[index]!);
          });
          if (remaining.length === 0) return;
          expect(shares[0]).toBeGreaterThanOrEqual(Math.min(remaining[0]!, Math.ceil(room / 4)));
          const shortest = Math.min(...remaining);
          if (shortest <= Math.floor((room * 3) / 4))
            expect(shares[remaining.indexOf(shortest)]).toBe(shortest);
        },
      ),
    );
  });
});
