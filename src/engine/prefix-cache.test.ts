import { describe, expect, it } from "vitest";
import { createPrefixCache } from "./prefix-cache.ts";

describe("createPrefixCache", () => {
  it("finds the entry with the longest common beginning, up to a limit", () => {
    const cache = createPrefixCache();
    cache.add(1, [1, 2, 3], undefined, 0);
    const longer = cache.add(2, [1, 2, 9, 9], undefined, 0);
    expect(cache.match([1, 2, 9, 9, 5], 10)).toEqual({ entry: longer, length: 4 });
    expect(cache.match([1, 2, 9, 9, 5], 1).length).toBe(1);
    expect(cache.match([7], 1)).toEqual({ entry: undefined, length: 0 });
  });

  it("counts shared cells once and drops children before their parents", () => {
    const cache = createPrefixCache();
    const parent = cache.add(1, [1, 2, 3], undefined, 0);
    const child = cache.add(2, [1, 2, 3, 4, 5], parent, 3);
    expect(cache.cells).toBe(5);
    expect(cache.evict()).toBe(child);
    expect(cache.evict()).toBe(parent);
    expect(cache.evict()).toBeUndefined();
    expect(cache.cells).toBe(0);
  });

  it("drops the least recently used entry and never one in use", () => {
    const cache = createPrefixCache();
    const a = cache.add(1, [1], undefined, 0);
    const b = cache.add(2, [2], undefined, 0);
    const c = cache.add(3, [3], undefined, 0);
    cache.match([1], 1);
    cache.hold(b);
    expect(cache.evict()).toBe(c);
    expect(cache.evict()).toBe(a);
    expect(cache.evict()).toBeUndefined();
    cache.release(b);
    expect(cache.evict()).toBe(b);
  });
});
