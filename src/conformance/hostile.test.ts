// A server may be anything: it must cost time and memory within bounds, and never more than a row that fails.

import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import { AppError } from "../errors.ts";
import { WIRE_RULES } from "./rules.ts";
import { runRules, selectRules } from "./run-rules.ts";
import { openSession } from "./session.ts";
import { readTarget } from "./target.ts";
import type { RuleRow } from "./wire-rule.ts";

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

async function listen(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
}

interface Options {
  readonly ids?: readonly string[];
  readonly key?: string;
  readonly fetch?: typeof fetch;
}

async function rowsOf(url: string, { ids, ...options }: Options = {}): Promise<readonly RuleRow[]> {
  const { signal } = new AbortController();
  const session = await openSession({
    target: readTarget(url),
    model: "m",
    timeoutMs: 300,
    signal,
    ...options,
  });
  const rows: RuleRow[] = [];
  for await (const row of runRules(session, selectRules(ids))) rows.push(row);
  return rows;
}

const PLAIN_RULES = ["reply-form", "stream-lines", "tool-choice-required", "responses"];

describe("a server that", () => {
  it("never answers is left after its time, and not asked for ever", async () => {
    const url = await listen(() => undefined);
    const started = performance.now();
    const rows = await rowsOf(url);
    expect(performance.now() - started).toBeLessThan(5_000);
    expect(rows.every(({ status }) => status === "fail" || status === "skip")).toBe(true);
    expect(rows.filter(({ status }) => status === "skip").length).toBeGreaterThan(WIRE_RULES.length - 6);
  });

  it("streams for ever is cut by time", async () => {
    const url = await listen((_request, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      const timer = setInterval(() => response.write(": still here\n\n"), 20);
      response.on("close", () => clearInterval(timer));
    });
    for (const row of await rowsOf(url, { ids: PLAIN_RULES.slice(0, 3) })) expect(row.status).toBe("fail");
    const started = performance.now();
    const rows = await rowsOf(url);
    expect(performance.now() - started).toBeLessThan(5_000);
    expect(rows.filter(({ status }) => status === "skip").length).toBeGreaterThan(WIRE_RULES.length / 2);
  });

  it("sends one line without an end is cut by size", async () => {
    const megabyte = Buffer.alloc(2 ** 20, "a");
    const url = await listen((_request, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      const pour = () => {
        while (!response.destroyed && response.write(megabyte));
      };
      response.on("drain", pour);
      pour();
    });
    const rows = await rowsOf(url, { ids: PLAIN_RULES });
    for (const { status, evidence = "" } of rows) {
      expect(status).toBe("fail");
      expect(evidence.length).toBeLessThan(200);
    }
  });

  it("breaks the connection in the middle, or says it is compressed and is not", async () => {
    const broken = await listen((_request, response) => {
      response.writeHead(200, { "content-type": "application/json", "content-length": "100" });
      response.write('{"choices": [');
      setTimeout(() => response.destroy(), 10);
    });
    const garbled = await listen((_request, response) => {
      response.writeHead(200, { "content-type": "application/json", "content-encoding": "gzip" });
      response.end("not gzip");
    });
    for (const url of [broken, garbled])
      for (const row of await rowsOf(url, { ids: PLAIN_RULES })) expect(row.status).toBe("fail");
  });

  it("redirects does not get the key carried elsewhere", async () => {
    let visits = 0;
    const elsewhere = await listen((_request, response) => {
      visits++;
      response.end();
    });
    const url = await listen((_request, response) => {
      response.writeHead(307, { location: elsewhere });
      response.end();
    });
    const rows = await rowsOf(url, { ids: PLAIN_RULES, key: "secret-key-123" });
    expect(rows.every(({ status }) => status === "fail")).toBe(true);
    expect(visits).toBe(0);
  });

  it("sends the key back, control characters and half characters: none of them is shown", async () => {
    const url = await listen((request, response) => {
      response.writeHead(400, { "content-type": "application/json" });
      const said = `${request.headers.authorization}\u001b[2J\u202e\ud800`;
      response.end(JSON.stringify({ error: { message: said } }));
    });
    const rows = await rowsOf(url, { key: "secret-key-123" });
    const text = rows.map(({ reason, evidence }) => `${reason} ${evidence}`).join(" ");
    expect(text).toContain("Bearer [key]");
    expect(text).not.toContain("secret-key-123");
    expect(text).not.toMatch(/\p{C}/u);
  });

  it("nests deeper than the stack", async () => {
    const deep = "[".repeat(500_000) + "]".repeat(500_000);
    const url = await listen((_request, response) => {
      response.writeHead(200, { "content-type": "application/json" });
      response.end(`{"choices": ${deep}, "output": ${deep}, "data": ${deep}}`);
    });
    const ids = ["models-list", "usage", "responses", ...PLAIN_RULES];
    for (const row of await rowsOf(url, { ids })) expect(row.status).toBe("fail");
  });
});

describe("any reply", () => {
  const keys = [
    "choices",
    "message",
    "delta",
    "tool_calls",
    "usage",
    "error",
    "output",
    "data",
    "type",
    "logprobs",
  ];
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof(
      { depthSize: "small" },
      fc.constantFrom(null, true, 0, -1, 1e308, "", "stop", "[DONE]", "\ud800", "assistant", "__proto__"),
      fc.array(tie("value"), { maxLength: 3 }),
      fc.dictionary(fc.constantFrom(...keys, "__proto__", "constructor"), tie("value"), { maxKeys: 6 }),
    ),
  }));
  const reply = fc.record({
    status: fc.constantFrom(200, 204, 301, 400, 404, 413, 500),
    type: fc.constantFrom("application/json", "text/event-stream", "text/html", ""),
    body: fc.oneof(
      value.map((it) => JSON.stringify(it)),
      fc
        .array(value, { maxLength: 4 })
        .map((list) => list.map((it) => `data: ${JSON.stringify(it)}\n\n`).join("")),
      fc.string(),
    ),
  });

  it("gives a row for every rule, shown safely", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(reply, { minLength: 1, maxLength: 5 }), async (replies) => {
        let at = 0;
        const answer = async () => {
          const { status, type, body } = replies[at++ % replies.length]!;
          const empty = status === 204 || status === 301;
          return new Response(empty ? null : body, { status, headers: { "content-type": type } });
        };
        const rows = await rowsOf("http://fake.test/v1", { fetch: answer });
        expect(rows).toHaveLength(WIRE_RULES.length);
        for (const { reason, evidence = "" } of rows) {
          expect(`${reason}${evidence}`).not.toMatch(/\p{C}/u);
          expect(evidence.length).toBeLessThan(200);
        }
      }),
      { numRuns: 60 },
    );
  });
});

describe("the address", () => {
  it("is read as users write it", () => {
    const target = { base: "http://h:1/v1", root: "http://h:1" };
    for (const text of [
      "http://h:1",
      "http://h:1/",
      "http://h:1/v1",
      "http://h:1/v1/",
      "http://h:1/v1/chat/completions",
    ])
      expect(readTarget(text)).toEqual(target);
    expect(readTarget("https://h/api/v1").base).toBe("https://h/api/v1");
  });

  it("is refused without http, and with a password", () => {
    for (const text of ["h:1", "ftp://h", "http://user:password@h/v1"])
      expect(() => readTarget(text)).toThrow(expect.objectContaining({ code: "USAGE" }));
  });

  it("that nobody listens at is an error, and so is a list without models", async () => {
    const { signal } = new AbortController();
    await expect(openSession({ target: readTarget("http://127.0.0.1:1"), signal })).rejects.toMatchObject({
      code: "DATA_UNAVAILABLE",
    });
    const fetch = async () => new Response("[]", { status: 401 });
    await expect(openSession({ target: readTarget("http://h"), signal, fetch })).rejects.toMatchObject({
      code: "USAGE",
      hint: expect.stringContaining("--api-key-file"),
    });
  });

  it("is left at once when the user stops", async () => {
    const url = await listen(() => undefined);
    const stop = new AbortController();
    setTimeout(() => stop.abort(new AppError("CANCELLED", "Stopped.")), 50);
    await expect(openSession({ target: readTarget(url), signal: stop.signal })).rejects.toMatchObject({
      code: "CANCELLED",
    });
  });
});
