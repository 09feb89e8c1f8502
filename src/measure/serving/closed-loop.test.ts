import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { runClosedLoop } from "./closed-loop.ts";
import { findPeer } from "./find-peer.ts";

interface Asked {
  readonly model: string;
  readonly prompt: number[];
  readonly max_tokens: number;
}
type Reply = (asked: Asked, response: ServerResponse) => void;

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

/** A server that keeps count of what it was asked and how many asked at a time. */
async function fakeServer(reply: Reply) {
  const asked: Asked[] = [];
  const load = { now: 0, most: 0 };
  const server = createServer((request: IncomingMessage, response: ServerResponse) => {
    if (request.url === "/v1/models")
      return void response.end(JSON.stringify({ data: [{ id: "other" }, { id: "x" }] }));
    let body = "";
    request.on("data", (chunk) => (body += chunk));
    request.on("end", () => {
      load.most = Math.max(load.most, ++load.now);
      response.on("close", () => load.now--);
      asked.push(JSON.parse(body));
      setTimeout(() => reply(asked.at(-1)!, response), 5);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  closing.push(() => {
    server.closeAllConnections();
    server.close();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { url, target: { url, model: "m", endless: { ignore_eos: true } }, asked, load };
}

const line = (data: object | string) => `data: ${typeof data === "string" ? data : JSON.stringify(data)}\n\n`;
const chunk = (text: string) => line({ choices: [{ index: 0, text }] });
const usage = (tokens: number) => line({ choices: [], usage: { completion_tokens: tokens } });
const stream: Reply = ({ max_tokens }, response) => {
  response.write(`: working\n\n${chunk("a").slice(0, 9)}`);
  setTimeout(() => response.end(chunk("a").slice(9) + chunk("ü") + usage(max_tokens) + line("[DONE]")), 20);
};

describe("a closed loop", () => {
  it("keeps one request of each client under way and asks every prompt once", async () => {
    const { target, asked, load } = await fakeServer(stream);
    const prompts = [
      [[1, 2], [3]],
      [[4], [5]],
      [[6], [7]],
    ];
    let answers = 0;
    const sample = await runClosedLoop(target, { prompts, tokens: 7, onAnswer: () => answers++ });
    expect(asked.map(({ prompt }) => prompt).sort()).toEqual(prompts.flat());
    expect(asked[0]).toMatchObject({ model: "m", max_tokens: 7, temperature: 0, ignore_eos: true });
    expect(load.most).toBeLessThanOrEqual(3);
    expect(answers).toBe(6);
    expect(sample.requests.map(({ tokens }) => tokens)).toEqual(Array(6).fill(7));
    for (const { firstMs, totalMs } of sample.requests) {
      expect(firstMs).toBeGreaterThan(10);
      expect(totalMs).toBeGreaterThanOrEqual(firstMs);
      expect(sample.seconds * 1000).toBeGreaterThanOrEqual(totalMs);
    }
  });

  it.each<[string, Reply, RegExp]>([
    ["fewer tokens", (_, r) => r.end(chunk("a") + usage(2) + line("[DONE]")), /2 tokens came where 3/],
    ["no usage", (_, r) => r.end(chunk("a") + line("[DONE]")), /0 tokens came/],
    ["a cut stream", (_, r) => r.end(chunk("a") + usage(3)), /before its end/],
    ["an error in the stream", (_, r) => r.end(line({ error: { message: "lost" } })), /lost/],
    ["a refusal", (_, r) => r.writeHead(400).end("no\u001b[2J ids"), /status 400\): no.*2J ids$/],
    ["no HTTP", (_, r) => r.socket?.destroy(), /cannot be asked/],
    ["no JSON", (_, r) => r.end("data: {\n\n"), /cannot be asked/],
  ])("fails on %s, and shows no control characters", async (_, reply, message) => {
    const { target, asked } = await fakeServer(reply);
    const prompts = [
      [[1], [2]],
      [[3], [4]],
    ];
    const error = await runClosedLoop(target, { prompts, tokens: 3 }).catch((thrown) => thrown);
    expect(error).toMatchObject({ code: "DATA_UNAVAILABLE" });
    expect(error.message).toMatch(message);
    expect(error.message).not.toContain("\u001b");
    expect(asked.length).toBeLessThanOrEqual(2);
  });

  it("stops at the caller's signal", async () => {
    const stop = new AbortController();
    const { target } = await fakeServer(() => stop.abort());
    const run = runClosedLoop(target, { prompts: [[[1]]], tokens: 3, signal: stop.signal });
    await expect(run).rejects.toMatchObject({ code: "CANCELLED" });
  });
});

describe("findPeer", () => {
  it("takes the first model that the server names, with or without /v1", async () => {
    const { url } = await fakeServer(stream);
    const peer = { url, model: "other", endless: { ignore_eos: true } };
    expect(await findPeer(`${url}/v1/`)).toEqual(peer);
    expect(await findPeer(url)).toEqual(peer);
  });

  it("refuses what is no address, and says which server does not answer", async () => {
    await expect(findPeer("file:///etc")).rejects.toMatchObject({ code: "USAGE" });
    await expect(findPeer("localhost:1")).rejects.toMatchObject({ code: "USAGE" });
    await expect(findPeer("http://127.0.0.1:1")).rejects.toMatchObject({ code: "DATA_UNAVAILABLE" });
  });
});
