// What a socket adds to the app: bounds on slow, large and many connections, and the client that leaves.

import { createConnection } from "node:net";
import { Hono } from "hono";
import { afterEach, describe, expect, it } from "vitest";
import { silentLogger } from "../logger.ts";
import { requireJson } from "./frame/json-body.ts";
import { replyError } from "./frame/reply-error.ts";
import { createTraceTable } from "./frame/request-trace.ts";
import { type ConnectionLimits, type Listening, listen } from "./listen.ts";
import type { ServerEnv } from "./server-env.ts";

let listening: Listening | undefined;
afterEach(async () => {
  await listening?.close();
  listening = undefined;
});

async function start(limits: Partial<ConnectionLimits> = {}, host = "127.0.0.1") {
  const app = new Hono<ServerEnv>();
  const left: string[] = [];
  app.onError(replyError(silentLogger, createTraceTable()));
  app.use(requireJson(10_000));
  app.get("/", (c) => c.text("here"));
  app.post("/", async (c) => c.json(await c.req.json()));
  app.get("/wait", (c) => {
    c.req.raw.signal.addEventListener("abort", () => left.push("left"));
    return new Promise(() => undefined);
  });
  listening = await listen(app, { host, port: 0, logger: silentLogger, limits });
  return { url: listening.url, port: listening.port, left };
}

/** Sends bytes; gives what comes back until the server hangs up, and after how many milliseconds. */
function raw(port: number, bytes: string): Promise<{ reply: string; ms: number }> {
  const started = performance.now();
  return new Promise((resolve) => {
    const socket = createConnection({ host: "127.0.0.1", port }, () => socket.write(bytes));
    let reply = "";
    socket.setEncoding("utf8").on("data", (text: string) => (reply += text));
    socket.on("error", () => undefined);
    socket.on("close", () => resolve({ reply, ms: performance.now() - started }));
  });
}

const HEAD = "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n";

describe("a socket", () => {
  it("gives the app's replies, bodies in pieces included", async () => {
    const { url, port } = await start();
    expect(await (await fetch(url)).text()).toBe("here");
    const body = '{"a": 1}';
    const whole = await raw(
      port,
      `${HEAD}Connection: close\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    );
    expect(whole.reply).toMatch(/^HTTP\/1\.1 200 .*\{"a":1\}$/s);
    const chunks = [...body].map((it) => `1\r\n${it}\r\n`).join("");
    const pieces = await raw(
      port,
      `${HEAD}Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n${chunks}0\r\n\r\n`,
    );
    expect(pieces.reply).toMatch(/^HTTP\/1\.1 200 .*\{"a":1\}/s);
    expect((await raw(port, "GET / HTTP/1.0\r\n\r\n")).reply).toMatch(/^HTTP\/1\.1 200 .*here$/s);
  });

  it("ends requests whose headers or bodies do not come", async () => {
    const { port } = await start({ headersMs: 300, requestMs: 400 });
    const head = await raw(port, "GET / HTTP/1.1\r\nHost: localhost\r\nX-A: ");
    expect(head.reply).toMatch(/^HTTP\/1\.1 408 .*took too long/s);
    const body = await raw(port, `${HEAD}Content-Length: 100\r\n\r\n{"a`);
    expect(body.ms).toBeLessThan(5_000);
    expect(body.reply).not.toMatch(/^HTTP\/1\.1 200/);
  });

  it("ends bodies that grow beyond the bound, without waiting for their end", async () => {
    const { port } = await start();
    const chunk = `2000\r\n${" ".repeat(0x2000)}\r\n`;
    const { reply, ms } = await raw(port, `${HEAD}Transfer-Encoding: chunked\r\n\r\n${chunk.repeat(3)}`);
    expect(reply).toMatch(/^HTTP\/1\.1 413 /);
    expect(ms).toBeLessThan(5_000);
  });

  it("refuses what is no request in the form of all errors", async () => {
    const { port } = await start({ headerBytes: 2_000 });
    const large = await raw(port, `GET / HTTP/1.1\r\nHost: a\r\nX-A: ${"a".repeat(3_000)}\r\n\r\n`);
    expect(large.reply).toMatch(/^HTTP\/1\.1 431 .*"message":"The request's headers are too large\."/s);
    expect((await raw(port, "\u0016\u0003\u0001 TLS\r\n\r\n")).reply).toMatch(/^HTTP\/1\.1 400 .*"error"/s);
    const host = await raw(port, "GET / HTTP/1.1\r\nHost: a b/c?\r\nConnection: close\r\n\r\n");
    expect(host.reply).toMatch(/^HTTP\/1\.1 400 .*address or Host is wrong/s);
  });

  it("takes so many connections and no more", async () => {
    const { port } = await start({ connections: 2 });
    const open = [1, 2].map(() => createConnection({ host: "127.0.0.1", port }));
    await Promise.all(open.map((socket) => new Promise((resolve) => socket.once("connect", resolve))));
    await expect.poll(async () => (await raw(port, "GET / HTTP/1.1\r\nHost: a\r\n\r\n")).reply).toBe("");
    for (const socket of open) socket.destroy();
    const close = "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    await expect.poll(async () => (await raw(port, close)).reply).toContain("here");
  });

  it("tells the work that its client has left", async () => {
    const { url, left } = await start();
    const leaving = new AbortController();
    const reply = fetch(`${url}/wait`, { signal: leaving.signal }).catch(() => undefined);
    setTimeout(() => leaving.abort(), 100);
    await reply;
    await expect.poll(() => left).toEqual(["left"]);
  });

  it("says in a sentence why it cannot listen", async () => {
    const { port } = await start();
    const app = new Hono<ServerEnv>();
    const at = (host: string, it: number) => listen(app, { host, port: it, logger: silentLogger });
    await expect(at("127.0.0.1", port)).rejects.toMatchObject({ code: "CONFIG", message: /is taken/ });
    await expect(at("203.0.113.1", 0)).rejects.toMatchObject({ code: "CONFIG", hint: /Leave --host out/ });
  });
});
