import fc from "fast-check";
import { expect, it } from "vitest";
import { verdictChanges } from "./verdict-changes.ts";

const file = (tested: number[], glitches: number[]) => ({
  ...{ run: "r", tested },
  glitches: glitches.map((id) => ({ id, text: `t${id}` })),
});

it("tells what comes, goes and stays among the tokens tested in both", () => {
  const best = file([1, 2, 3, 4, 9], [1, 2, 9]);
  const own = file([1, 2, 3, 4, 8], [2, 3, 8]);
  expect(verdictChanges(own, best)).toEqual({
    compared: 4,
    stayed: 1,
    appeared: [{ id: 3, text: "t3" }],
    vanished: [{ id: 1, text: "t1" }],
  });
});

it("law: a file against itself changes nothing, and swapping swaps what came and went", () => {
  const some = fc
    .uniqueArray(fc.nat(60))
    .chain((tested) => fc.subarray(tested).map((glitches) => file(tested, glitches)));
  fc.assert(
    fc.property(some, some, (a, b) => {
      expect(verdictChanges(a, a)).toMatchObject({ stayed: a.glitches.length, appeared: [], vanished: [] });
      const there = verdictChanges(a, b);
      const back = verdictChanges(b, a);
      expect(back.vanished).toEqual(there.appeared);
      expect(back.appeared).toEqual(there.vanished);
      expect(back.stayed).toBe(there.stayed);
    }),
  );
});
