import { connect } from "node:net";
import { serve } from "@hono/node-server";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { AppError } from "../../errors.ts";
import { dataFrame, errorFrame, eventStream, namedFrame } from "./event-stream.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A source that counts what was asked of it. */
function source(total = Number.POSITIVE_INFINITY) {
  const seen = { made: 0, left: false };
  async function* make() {
    try {
      while (seen.made < total) yield dataFrame({ n: seen.made++ });
    } finally {
      seen.left = true;
    }
  }
  return { seen, frames: make() };
}

const open = (frames: AsyncGenerator<string>, stop: (reason: AppError) => void = () => {}) =>
  eventStream(frames, frames.next(), { stop, onError: errorFrame, heartbeatMs: 1_000, stallMs: 5_000 });

const decode = (value: Uint8Array | undefined) => new TextDecoder().decode(value);

describe("an event stream", () => {
  it("asks for a frame when the last one was taken, and holds no more than one", async () => {
    const { seen, frames } = source();
    const reader = open(frames).getReader();
    await vi.advanceTimersByTimeAsync(100);
    expect(seen.made).toBe(1);
    for (let taken = 1; taken <= 5; taken++) {
      expect(decode((await reader.read()).value)).toBe(`data: {"n":${taken - 1}}\n\n`);
      await vi.advanceTimersByTimeAsync(100);
      expect(seen.made).toBeLessThanOrEqual(taken + 1);
    }
  });

  it("ends the work when the reader leaves", async () => {
    const { seen, frames } = source();
    const stop = vi.fn();
    const reader = open(frames, stop).getReader();
    await reader.read();
    await reader.cancel();
    expect(stop).toHaveBeenCalledOnce();
    expect(seen.left).toBe(true);
  });

  it("cuts off a reader that takes nothing", async () => {
    const { seen, frames } = source();
    const stop = vi.fn();
    const reader = open(frames, stop).getReader();
    await reader.read();
    await vi.advanceTimersByTimeAsync(4_900);
    expect(stop).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(200);
    expect(stop).toHaveBeenCalledOnce();
    expect(seen.left).toBe(true);
    await expect(reader.read()).rejects.toThrow("took nothing for 5000 ms");
  });

  it("closes the connection of a reader that takes nothing, though nobody listens to an error", async () => {
    vi.useRealTimers();
    const { seen, frames } = source();
    const padded = (async function* () {
      for await (const frame of frames) yield frame.padEnd(100_000, " ");
    })();
    const reasons: string[] = [];
    const server = serve({
      hostname: "127.0.0.1",
      port: 0,
      fetch: (_, { outgoing }) =>
        new Response(
          eventStream(padded, padded.next(), {
            stop: ({ message }) => reasons.push(message),
            cut: () => void outgoing.destroy(),
            onError: errorFrame,
            stallMs: 300,
          }),
        ),
    });
    await new Promise((resolve) => server.once("listening", resolve));
    const socket = connect((server.address() as { port: number }).port, "127.0.0.1");
    const closed = new Promise((resolve) => socket.once("close", resolve));
    socket.on("error", () => {});
    socket.write("GET / HTTP/1.1\r\nhost: x\r\n\r\n");
    socket.pause();
    while (!seen.left) await new Promise((resolve) => setTimeout(resolve, 20));
    expect(reasons[0]).toBe("The reader took nothing for 300 ms.");
    socket.resume();
    await closed;
    await new Promise((resolve) => server.close(resolve));
  });

  it("never cuts off a reader that waits for us, and shows it that we live", async () => {
    let release = () => {};
    const slow = (async function* () {
      await new Promise<void>((resolve) => {
        release = resolve;
      });
      yield dataFrame({ late: true });
    })();
    const stop = vi.fn();
    const reader = open(slow, stop).getReader();
    for (let beat = 0; beat < 8; beat++) {
      const read = reader.read();
      await vi.advanceTimersByTimeAsync(1_000);
      // A comment: readers of event streams skip what begins with a colon.
      expect(decode((await read).value)).toMatch(/^: .*\n\n$/);
    }
    release();
    expect(decode((await reader.read()).value)).toBe('data: {"late":true}\n\n');
    expect((await reader.read()).done).toBe(true);
    expect(stop).not.toHaveBeenCalled();
  });

  it("says nothing more to a reader who has left, whatever the work throws", async () => {
    const gone = new AbortController();
    const frames = (async function* () {
      yield dataFrame({});
      await new Promise((_, reject) =>
        gone.signal.addEventListener("abort", () => reject(gone.signal.reason)),
      );
    })();
    const reader = open(frames, (reason) => gone.abort(reason)).getReader();
    await reader.read();
    const second = reader.read();
    await reader.cancel();
    expect((await second).done).toBe(true);
    await vi.advanceTimersByTimeAsync(10_000);
  });

  it("names events, and keeps each on one line", () => {
    expect(namedFrame("a.b", { text: "x\n\u2028y" })).toBe('event: a.b\ndata: {"text":"x\\n\\u2028y"}\n\n');
  });
});
