// Over a real socket: what is written about clients that leave, before their reply and in the middle of it.

import { connect } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import {
  ANSWER,
  type FakeServer,
  fakeServer,
  scriptedDispatch,
} from "../../../test/support/server-context.ts";
import { silentLogger } from "../../logger.ts";
import { createApp } from "../create-app.ts";
import { type Listening, listen } from "../listen.ts";

let server: FakeServer | undefined;
let listening: Listening | undefined;
afterEach(async () => {
  await listening?.close();
  await server?.close();
});

/** A server whose answers begin as ANSWER does and never end by themselves. */
async function start() {
  const fake = await fakeServer();
  server = fake;
  const plain = scriptedDispatch(fake.context.fleet);
  const context: FakeServer["context"] = {
    ...fake.context,
    dispatch: async (request) => ({
      ...(await plain(request)),
      events: (async function* () {
        yield ANSWER[0]!;
        const { signal } = request.answer;
        await new Promise((_, reject) => signal!.addEventListener("abort", () => reject(signal!.reason)));
      })(),
    }),
  };
  const { app, traces } = createApp(context, { host: "127.0.0.1" });
  listening = await listen(app, { host: "127.0.0.1", port: 0, logger: silentLogger });
  return { port: listening.port, traces, log: fake.log, app };
}

/** Asks, and hangs up once `enough` is true of what came back. */
async function askAndLeave(port: number, body: object, enough: (reply: string) => boolean): Promise<void> {
  const json = JSON.stringify({ model: "tiny", messages: [{ role: "user", content: "Hello" }], ...body });
  const socket = connect(port, "127.0.0.1", () =>
    socket.write(
      `POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n` +
        `Content-Length: ${json.length}\r\n\r\n${json}`,
    ),
  );
  let reply = "";
  socket.setEncoding("utf8").on("data", (piece: string) => (reply += piece));
  await expect.poll(() => enough(reply)).toBe(true);
  socket.destroy();
}

describe("a client that leaves", () => {
  it("before its reply is no failure of the server's: 499, as nginx says it", async () => {
    const { port, traces, log, app } = await start();
    await askAndLeave(port, {}, () => traces.size === 1);
    await expect.poll(() => log.find(({ message }) => message === "request")).toBeDefined();
    expect(log.find(({ message }) => message === "request")).toMatchObject({
      route: "/v1/chat/completions",
      status: 499,
      error: "disconnected",
    });
    const metrics = await (await app.request("/metrics")).text();
    expect(metrics).toMatch(/assay_requests_total\{[^}]*status="499",error="disconnected"\} 1/);
    expect(metrics).not.toMatch(/status="5\d\d"/);
  });

  it("in the middle of a stream had its status already", async () => {
    const { port, log } = await start();
    await askAndLeave(port, { stream: true }, (reply) => reply.includes("Hello"));
    await expect.poll(() => log.find(({ message }) => message === "request")).toBeDefined();
    expect(log.find(({ message }) => message === "request")).toMatchObject({
      status: 200,
      error: "disconnected",
    });
  });
});
