import { describe, expect, it } from "vitest";
import { createChannel } from "./channel.ts";

async function collect<T>(source: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of source) items.push(item);
  return items;
}

describe("createChannel", () => {
  it("hands over what was pushed before and during reading, in order", async () => {
    const channel = createChannel<number>(() => {});
    channel.push(1);
    const reading = collect(channel);
    await Promise.resolve();
    channel.push(2);
    channel.push(3);
    channel.end();
    channel.push(4);
    expect(await reading).toEqual([1, 2, 3]);
  });

  it("gives the items before the error", async () => {
    const channel = createChannel<number>(() => {});
    channel.push(1);
    channel.fail(new Error("broken"));
    const seen: number[] = [];
    await expect(
      (async () => {
        for await (const item of channel) seen.push(item);
      })(),
    ).rejects.toThrow("broken");
    expect(seen).toEqual([1]);
  });

  it("gives the error alone to a reader that has stopped it, also in the middle of reading", async () => {
    const channel = createChannel<number>(() => {});
    for (const item of [1, 2, 3]) channel.push(item);
    const seen: number[] = [];
    const reading = (async () => {
      for await (const item of channel) {
        seen.push(item);
        if (item === 2) channel.stop(new Error("enough"));
      }
    })();
    await expect(reading).rejects.toThrow("enough");
    expect(seen).toEqual([1, 2]);
  });

  it("says when the reader leaves early, and only then", async () => {
    let left = 0;
    const channel = createChannel<number>(() => left++);
    channel.push(1);
    channel.push(2);
    for await (const _ of channel) break;
    expect(left).toBe(1);
    const whole = createChannel<number>(() => left++);
    whole.end();
    await collect(whole);
    expect(left).toBe(1);
  });
});
