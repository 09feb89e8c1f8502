// Over a real socket: what happens when a client leaves, and when it does not read.

import { connect, type Socket } from "node:net";
import { serve } from "@hono/node-server";
import { afterEach, describe, expect, it } from "vitest";
import { end, text, type WireOptions, wireApp } from "../../../test/support/wire-app.ts";
import type { DispatchRequest } from "../../server/index.ts";

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

async function listen(options: WireOptions) {
  const { app, requests } = wireApp(options);
  const port = await new Promise<number>((resolve) => {
    const server = serve({ fetch: app.fetch, port: 0, hostname: "127.0.0.1" }, (info) => resolve(info.port));
    closers.push(() => {
      if ("closeAllConnections" in server) server.closeAllConnections();
      server.close();
    });
  });
  return { port, requests };
}

async function ask(port: number, body: object): Promise<Socket> {
  const socket = connect(port, "127.0.0.1");
  closers.push(() => socket.destroy());
  await new Promise((resolve) => socket.once("connect", resolve));
  const json = JSON.stringify({ model: "m", messages: [{ role: "user", content: "x" }], ...body });
  socket.write(
    `POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: ${json.length}\r\n\r\n${json}`,
  );
  return socket;
}

const until = async (condition: () => boolean) => {
  for (let tries = 0; !condition() && tries < 500; tries++)
    await new Promise((resolve) => setTimeout(resolve, 10));
  expect(condition()).toBe(true);
};

/** Works for ever, or until the request's signal ends it. */
async function* endless({ answer }: DispatchRequest, made: { count: number }) {
  while (!answer.signal!.aborted) {
    made.count++;
    yield text("x".repeat(1_000));
    await new Promise((resolve) => setImmediate(resolve));
  }
  throw answer.signal!.reason;
}

describe("a client that leaves", () => {
  it("in the middle of a stream ends the work", async () => {
    const made = { count: 0 };
    const { port, requests } = await listen({ answer: (request) => endless(request, made) });
    const socket = await ask(port, { stream: true });
    await new Promise((resolve) => socket.once("data", resolve));
    expect(requests[0]!.answer.signal!.aborted).toBe(false);
    socket.destroy();
    await until(() => requests[0]!.answer.signal!.aborted);
    const { count } = made;
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(made.count).toBeLessThanOrEqual(count + 1);
  });

  it.each([true, false])("before the first byte ends the work (stream: %s)", async (stream) => {
    const { port, requests } = await listen({
      answer: async function* ({ answer }) {
        await new Promise((_, reject) =>
          answer.signal!.addEventListener("abort", () => reject(answer.signal!.reason)),
        );
      },
    });
    const socket = await ask(port, { stream });
    await until(() => requests.length === 1);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(requests[0]!.answer.signal!.aborted).toBe(false);
    socket.destroy();
    await until(() => requests[0]!.answer.signal!.aborted);
    // Whoever throws the signal's reason throws an error of ours.
    expect(requests[0]!.answer.signal!.reason).toMatchObject({ code: "CANCELLED" });
  });

  it("after the end is no reason to abort", async () => {
    const { port, requests } = await listen({ answer: () => [text("x"), end()] });
    const socket = await ask(port, {});
    await new Promise((resolve) => socket.once("data", resolve));
    socket.destroy();
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(requests[0]!.answer.signal!.aborted).toBe(false);
  });
});

describe("a client that does not read", () => {
  it("makes us hold no more than the sockets' buffers", async () => {
    const made = { count: 0 };
    const { port } = await listen({ answer: (request) => endless(request, made) });
    const socket = await ask(port, { stream: true });
    socket.pause();
    let before = -1;
    // The kernel takes some megabytes for both ends; then nothing more is asked for.
    for (let tries = 0; tries < 200 && made.count !== before; tries++) {
      before = made.count;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    expect(made.count).toBe(before);
    expect(made.count).toBeLessThan(20_000);
  }, 30_000);
});
