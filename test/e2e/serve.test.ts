// The server as an operator meets it: started, asked, told to read its settings again, and stopped in every way.

import { writeFileSync } from "node:fs";
import { createConnection, createServer } from "node:net";
import { join } from "node:path";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { type ServeProcess, servers } from "./serve-process.ts";

const { start, remove, folder } = servers();
afterAll(remove);

const running: ServeProcess[] = [];
afterEach(async () => {
  for (const server of running.splice(0)) {
    server.signal("SIGKILL");
    await server.ended;
  }
});
async function serve(args: readonly string[], options?: Parameters<typeof start>[1]) {
  const server = await start(args, options);
  running.push(server);
  return server;
}

const chat = (fields: object, signal?: AbortSignal) => ({
  method: "POST",
  headers: { "content-type": "application/json" },
  body: JSON.stringify({ messages: [{ role: "user", content: "The sea" }], ...fields }),
  ...(signal && { signal }),
});
/** Goes on until it is stopped: the end-of-answer token is out of reach. */
const LONG = { model: "lab-moe", stream: true, max_tokens: 1_900, temperature: 1, logit_bias: { 2: -100 } };

const exists = (pid: number) => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};
/** The process of the model, as the log names it. */
const runnerOf = (server: ServeProcess) => Number(/"pid":(\d+)/.exec(server.log())?.[1]);

describe("a server", () => {
  it("says where it listens, answers, and ends with 0 when it is told to", async () => {
    const server = await serve(["lab-moe", "--alias", "gpt=lab-moe"]);
    expect(server.announced).toMatchObject({ schema: 1, kind: "serve", pid: server.pid });
    expect(server.announced.models).toMatchObject([{ id: "lab-moe", aliases: ["gpt"], state: "unloaded" }]);

    const reply = await fetch(`${server.url}/v1/chat/completions`, chat({ model: "gpt", max_tokens: 4 }));
    expect(reply.status, await reply.clone().text()).toBe(200);
    expect(await reply.json()).toMatchObject({ model: "gpt", assay: { model: "lab-moe" } });
    expect((await fetch(`${server.url}/v1/chat/completions`, chat({ model: "gpt-4" }))).status).toBe(404);

    const content = "Hello, wörld";
    const post = (path: string, body: object) =>
      fetch(`${server.url}${path}`, { ...chat({}), body: JSON.stringify(body) });
    const { tokens } = (await (await post("/tokenize", { content })).json()) as { tokens: number[] };
    expect(tokens.length).toBeGreaterThan(2);
    const back = (await (await post("/detokenize", { tokens })).json()) as { content: string };
    expect(back.content.trim()).toBe(content);

    const metrics = await (await fetch(`${server.url}/metrics`)).text();
    expect(metrics).toMatch(/assay_completion_tokens_total\{model="lab-moe"\} [1-4]\n/);
    expect(metrics).toMatch(/assay_model_loads_total\{model="lab-moe",result="loaded"\} 1\n/);
    expect(metrics).toMatch(/assay_process_resident_bytes\{process="lab-moe"\} \d{7,}\n/);

    const runner = runnerOf(server);
    expect(exists(runner)).toBe(true);
    server.signal("SIGTERM");
    expect(await server.ended, server.log()).toBe(0);
    expect(exists(runner)).toBe(false);
  });

  it("wants a key on every other address, before it listens", async () => {
    const open = start(["lab-moe", "--host", "0.0.0.0"]);
    await expect(open).rejects.toThrow(/serve ended with 2: .*no key protects/s);
    const env = { ASSAY_API_KEY: "a-key-of-some-length" };
    const server = await serve(["lab-moe", "--host", "0.0.0.0"], { env });
    const url = server.url.replace("0.0.0.0", "127.0.0.1");
    expect((await fetch(`${url}/health`)).status).toBe(401);
    const headers = { authorization: "Bearer a-key-of-some-length" };
    expect((await fetch(`${url}/health`, { headers })).status).toBe(200);
    expect(server.log()).not.toContain("a-key-of-some-length");
  });

  it("says that its port is taken", async () => {
    const other = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => other.once("listening", resolve));
    const { port } = other.address() as { port: number };
    try {
      await expect(start(["lab-moe", "--port", String(port)])).rejects.toThrow(/with 2: .*is taken/s);
    } finally {
      other.close();
    }
  });
});

describe("Ctrl-C during a stream", () => {
  async function streaming(args: readonly string[], fields: object = {}) {
    const server = await serve(["lab-moe", ...args]);
    const reply = await fetch(`${server.url}/v1/chat/completions`, chat({ ...LONG, ...fields }));
    expect(reply.status).toBe(200);
    const reader = reply.body!.pipeThrough(new TextDecoderStream()).getReader();
    await reader.read();
    return { server, reader };
  }
  async function rest(reader: ReadableStreamDefaultReader<string>): Promise<string> {
    let text = "";
    for (;;) {
      const step = await reader.read();
      if (step.done) return text.slice(-1_000);
      text += step.value;
    }
  }

  it("lets the answer end, takes no new one, and ends with 0", async () => {
    const { server, reader } = await streaming(["--grace", "120"], { max_tokens: 100 });
    server.signal("SIGINT");
    await server.logged(/Shutting down/);
    expect((await fetch(`${server.url}/ready`)).status).toBe(503);
    const refused = await fetch(`${server.url}/v1/chat/completions`, chat(LONG));
    expect(refused.status).toBe(503);
    expect(refused.headers.get("retry-after")).toBe("5");
    expect(await rest(reader)).toMatch(/data: \[DONE\]\n\n$/);
    expect(await server.ended).toBe(0);
  });

  it("cuts the answer off when its time is over, says so in the stream, and ends with 1", async () => {
    const { server, reader } = await streaming(["--grace", "0"]);
    server.signal("SIGINT");
    const text = await rest(reader);
    expect(text).toMatch(/data: \{"error":\{[^\n]*shutting down[^\n]*\}\n\n$/);
    expect(await server.ended).toBe(1);
    expect(exists(runnerOf(server))).toBe(false);
  });

  it("ends at once at the second one, and takes the model's process along", async () => {
    const { server, reader } = await streaming(["--grace", "120"]);
    const broken = rest(reader).catch(() => "broken");
    server.signal("SIGINT");
    await server.logged(/Shutting down/);
    server.signal("SIGINT");
    expect(await server.ended).toBe(130);
    await broken;
    await expect.poll(() => exists(runnerOf(server)), { timeout: 10_000 }).toBe(false);
  });
});

describe("a client that leaves", () => {
  it("stops its answer, and the log says so", async () => {
    const server = await serve(["lab-moe"]);
    const leaving = new AbortController();
    const reply = await fetch(`${server.url}/v1/chat/completions`, chat(LONG, leaving.signal));
    await reply.body!.getReader().read();
    leaving.abort();
    await server.logged(/"error":"disconnected"/);
    const active = async () =>
      /assay_requests_active\{model="lab-moe"\} (\d+)/.exec(
        await (await fetch(`${server.url}/metrics`)).text(),
      )?.[1];
    await expect.poll(active, { timeout: 5_000 }).toBe("0");
  });
});

describe("SIGHUP", () => {
  it("takes new aliases and models, and keeps the old ones if they are wrong", async () => {
    const config = join(folder, "serve.json");
    const write = (settings: object) => writeFileSync(config, JSON.stringify(settings));
    write({ serveModels: ["lab-moe"], aliases: { first: "lab-moe" } });
    const server = await serve([], { env: { ASSAY_CONFIG: config } });
    const names = async () => {
      const { data } = (await (await fetch(`${server.url}/v1/models`)).json()) as { data: { id: string }[] };
      return data.map(({ id }) => id);
    };
    expect(await names()).toEqual(["lab-moe", "first", "auto"]);
    write({ serveModels: ["lab-moe", "lab-dense"], aliases: { second: "lab-dense" } });
    server.signal("SIGHUP");
    await server.logged(/Settings were read again/);
    expect(await names()).toEqual(["lab-moe", "lab-dense", "second", "auto"]);
    write({ serveModels: ["no-such-model"] });
    server.signal("SIGHUP");
    await server.logged(/the old ones hold/);
    expect(await names()).toEqual(["lab-moe", "lab-dense", "second", "auto"]);
  });
});

describe("a hostile connection", () => {
  /** Sends bytes and gives all that comes back until the server hangs up. */
  function raw(url: string, bytes: string): Promise<string> {
    const { hostname, port } = new URL(url);
    return new Promise((resolve, reject) => {
      const socket = createConnection({ host: hostname, port: Number(port) }, () => socket.write(bytes));
      let reply = "";
      socket.setEncoding("utf8").on("data", (text: string) => (reply += text));
      socket.on("close", () => resolve(reply)).on("error", reject);
    });
  }

  it("gets an error and nothing else", async () => {
    const { url, log } = await serve(["lab-moe"]);
    const head = "Host: localhost\r\nConnection: close\r\n";
    expect(await raw(url, "NONSENSE\r\n\r\n")).toMatch(/^HTTP\/1\.1 400 .*"error"/s);
    const big = `GET / HTTP/1.1\r\n${head}X-A: ${"a".repeat(20_000)}\r\n\r\n`;
    expect(await raw(url, big)).toMatch(/^HTTP\/1\.1 431 .*too large/s);
    const rebound = "GET /v1/models HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n";
    expect(await raw(url, rebound)).toMatch(/^HTTP\/1\.1 403 /);
    const noHost = await raw(url, "GET /health HTTP/1.1\r\nConnection: close\r\n\r\n");
    expect(noHost).toMatch(/^HTTP\/1\.1 400 /);
    expect(await raw(url, `GET http://evil.example/health HTTP/1.1\r\n${head}\r\n`)).not.toContain("passwd");
    const chunked = `POST /tokenize HTTP/1.1\r\n${head}Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n`;
    const chunk = `100000\r\n${" ".repeat(0x10_0000)}\r\n`;
    expect(await raw(url, chunked + chunk.repeat(5))).toMatch(/^HTTP\/1\.1 413 /);
    for (const path of [
      "/../../etc/passwd",
      "/v1/runs/..%2f..%2fetc%2fpasswd",
      "/v1/models/%2e%2e%2fetc",
      "//etc",
    ])
      expect(await raw(url, `GET ${path} HTTP/1.1\r\n${head}\r\n`)).toMatch(/^HTTP\/1\.1 404 /);
    expect(log()).not.toMatch(/BUG|stack/);
  });
});
