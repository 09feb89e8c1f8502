import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createMemoryHistory, memorySlope, WINDOW_MS } from "./memory-slope.ts";

const times = fc
  .uniqueArray(fc.integer({ min: 0, max: 600_000 }), { minLength: 2, maxLength: 60 })
  .map((list) => [...list, 700_000].sort((a, b) => a - b));

describe("memorySlope", () => {
  it("is the slope of memory that grows along a line, wherever it begins", () => {
    fc.assert(
      fc.property(times, fc.integer({ min: -1e6, max: 1e6 }), fc.nat(1e10), (at, perMinute, base) => {
        const samples = at.map((it) => ({ at: it, bytes: base + (perMinute * it) / 60_000 }));
        expect(memorySlope(samples)).toBeCloseTo(perMinute, 0);
      }),
    );
  });

  it("is not known before there is half a minute to look at", () => {
    expect(memorySlope([])).toBeUndefined();
    expect(memorySlope([{ at: 0, bytes: 1 }])).toBeUndefined();
    expect(
      memorySlope([
        { at: 0, bytes: 1 },
        { at: 29_000, bytes: 9 },
      ]),
    ).toBeUndefined();
  });
});

describe("createMemoryHistory", () => {
  it("forgets what is older than its window, and processes that ended", () => {
    const history = createMemoryHistory();
    history.add(
      0,
      new Map([
        ["server", 1e9],
        ["model", 5],
      ]),
    );
    for (let at = 60_000; at <= WINDOW_MS + 120_000; at += 60_000) history.add(at, new Map([["server", 7]]));
    expect([...history.slopes()]).toEqual([["server", 0]]);
  });
});
