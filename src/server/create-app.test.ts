// The frame around every route: who is let in, what is refused, and in which words.

import { afterEach, describe, expect, it } from "vitest";
import { type FakeServer, fakeServer } from "../../test/support/server-context.ts";
import { type AppOptions, createApp } from "./create-app.ts";
import { digestKeys } from "./frame/api-keys.ts";

const servers: FakeServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

async function start(options: Partial<AppOptions> = {}) {
  const server = await fakeServer();
  servers.push(server);
  const { app, traces } = createApp(server.context, { host: "127.0.0.1", ...options });
  return { ...server, app, traces };
}

const KEY = "a-key-of-some-length";
const JSON_TYPE = { "content-type": "application/json" };
const CHAT = { model: "small-model", messages: [{ role: "user", content: "Hello" }] };
const post = (body: unknown, headers: Record<string, string> = {}) => ({
  method: "POST",
  headers: { ...JSON_TYPE, ...headers },
  body: typeof body === "string" ? body : JSON.stringify(body),
});

interface ErrorBody {
  readonly error: { readonly message: string; readonly type: string; readonly code: string };
}
const errorOf = async (reply: Response | Promise<Response>) =>
  ((await (await reply).json()) as ErrorBody).error;

/** Every address with its method, and one that is not there. */
function everyRoute(app: Awaited<ReturnType<typeof start>>["app"]) {
  const routes = app.routes.filter(({ method }) => method !== "ALL");
  return [...routes, { method: "GET", path: "/nothing/here" }, { method: "POST", path: "/nothing" }].map(
    ({ method, path }) => ({
      method,
      path: path.replace(/:[a-z]+(\{[^}]*\})?/g, "x"),
    }),
  );
}

describe("every route", () => {
  const ask = async (
    app: Awaited<ReturnType<typeof start>>["app"],
    { method, path }: { method: string; path: string },
    headers: Record<string, string>,
  ) => {
    const body = method === "POST" ? { body: "{}" } : {};
    return app.request(path, { method, headers: { ...JSON_TYPE, ...headers }, ...body });
  };

  it("is walked: the list holds what the server is known for", async () => {
    const { app } = await start();
    const paths = everyRoute(app).map(({ method, path }) => `${method} ${path}`);
    for (const path of [
      "POST /v1/chat/completions",
      "POST /v1/completions",
      "POST /v1/responses",
      "GET /v1/models",
      "GET /v1/models/x",
      "POST /tokenize",
      "POST /detokenize",
      "GET /health",
      "GET /ready",
      "GET /metrics",
      "GET /v1/runs",
      "GET /v1/runs/x",
      "GET /v1/events",
    ])
      expect(paths).toContain(path);
  });

  it("wants the key, in either header, also where there is nothing", async () => {
    const { app } = await start({ keys: digestKeys([KEY, "another-key-of-length"]) });
    for (const route of everyRoute(app)) {
      for (const headers of [{}, { authorization: `Bearer ${KEY}x` }, { "x-api-key": KEY.slice(1) }]) {
        const reply = await ask(app, route, headers);
        expect(reply.status, `${route.method} ${route.path}`).toBe(401);
        expect(reply.headers.get("www-authenticate")).toBe("Bearer");
        expect((await errorOf(reply)).code).toBe("invalid_api_key");
      }
      for (const headers of [{ authorization: `Bearer ${KEY}` }, { "x-api-key": "another-key-of-length" }])
        expect((await ask(app, route, headers)).status, route.path).not.toBe(401);
    }
  });

  it("refuses foreign pages", async () => {
    const { app } = await start();
    for (const route of everyRoute(app)) {
      for (const origin of [
        "https://evil.example",
        "null",
        "http://localhost.evil.example",
        "http://localhost:9",
      ]) {
        const reply = await ask(app, route, { origin });
        expect(reply.status, `${route.method} ${route.path} ${origin}`).toBe(403);
        expect(reply.headers.get("access-control-allow-origin")).toBeNull();
      }
      expect((await ask(app, route, { origin: "http://localhost" })).status, route.path).not.toBe(403);
    }
  });

  it("refuses names that were made to mean this machine", async () => {
    const { app } = await start();
    for (const route of everyRoute(app)) {
      for (const host of ["evil.example", "evil.example:8080", "127.0.0.1.evil.example", "localhost.", ""])
        expect((await ask(app, route, { host })).status, `${route.method} ${route.path} ${host}`).toBe(403);
      for (const host of ["localhost:1234", "127.0.0.1", "[::1]:8080", "LOCALHOST"])
        expect((await ask(app, route, { host })).status, `${route.path} ${host}`).not.toBe(403);
    }
  });

  it("says who it is in every reply, refusals too", async () => {
    const { app } = await start({ keys: digestKeys([KEY]) });
    for (const route of everyRoute(app)) {
      const reply = await ask(app, route, {});
      expect(reply.headers.get("x-request-id")).toMatch(/^req_[0-9a-f]{32}$/);
      expect(reply.headers.get("x-content-type-options")).toBe("nosniff");
    }
  });
});

describe("a key", () => {
  it("never reaches the log", async () => {
    const { app, log } = await start({ keys: digestKeys([KEY]) });
    await app.request("/v1/models", { headers: { authorization: `Bearer ${KEY}` } });
    await app.request(`/${KEY}x`, { headers: { authorization: "Bearer wrong-key-given" } });
    await app.request("/v1/chat/completions", post(CHAT, { "x-api-key": KEY }));
    expect(log.length).toBeGreaterThan(2);
    expect(JSON.stringify(log)).not.toContain("wrong-key-given");
    expect(JSON.stringify(log.filter(({ route }) => route !== "unknown"))).not.toContain(KEY);
  });
});

describe("pages that are let in", () => {
  const cors = ["http://localhost:3000"];
  const page = { origin: "http://localhost:3000" };

  it("get a preflight without a key, and the reply's headers", async () => {
    const { app } = await start({ keys: digestKeys([KEY]), cors });
    const preflight = await app.request("/v1/chat/completions", {
      method: "OPTIONS",
      headers: {
        ...page,
        "access-control-request-method": "POST",
        "access-control-request-headers": "content-type, authorization",
      },
    });
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get("access-control-allow-origin")).toBe("http://localhost:3000");
    expect(preflight.headers.get("access-control-allow-headers")).toContain("authorization");
    const reply = await app.request("/v1/models", { headers: { ...page, "x-api-key": KEY } });
    expect(reply.status).toBe(200);
    expect(reply.headers.get("access-control-allow-origin")).toBe("http://localhost:3000");
    expect((await app.request("/v1/models", { headers: page })).status).toBe(401);
  });

  it("are those and no others", async () => {
    const { app } = await start({ cors });
    for (const origin of [
      "http://localhost:3001",
      "https://localhost:3000",
      "http://localhost:3000.evil.example",
    ]) {
      const preflight = await app.request("/v1/models", { method: "OPTIONS", headers: { origin } });
      expect(preflight.status).toBe(403);
    }
  });
});

describe("a request's id", () => {
  const id = (reply: Response) => reply.headers.get("x-request-id");

  it("is the client's if it can be", async () => {
    const { app } = await start();
    const given = { "x-request-id": "trace-1:a.b=c" };
    expect(id(await app.request("/health", { headers: given }))).toBe("trace-1:a.b=c");
    for (const bad of ["a b", "ü", "x".repeat(129), "a,b", '"'])
      expect(id(await app.request("/health", { headers: { "x-request-id": bad } }))).toMatch(/^req_/);
  });

  it("is never that of two requests at once", async () => {
    const { app, traces } = await start();
    traces.open("mine");
    expect(id(await app.request("/health", { headers: { "x-request-id": "mine" } }))).toMatch(/^req_/);
  });
});

describe("bodies", () => {
  it("have to be JSON by their type", async () => {
    const { app } = await start();
    const types = ["text/plain", "application/x-www-form-urlencoded", "application/json5", "text/json", ""];
    for (const type of types) {
      const reply = await app.request("/v1/chat/completions", post(CHAT, { "content-type": type }));
      expect(reply.status, type).toBe(415);
      expect(await errorOf(reply)).toMatchObject({ type: "invalid_request_error", code: "media_type" });
    }
    const gzip = await app.request("/v1/chat/completions", post(CHAT, { "content-encoding": "gzip" }));
    expect(gzip.status).toBe(415);
    const charset = { "content-type": "application/json; charset=UTF-8" };
    expect((await app.request("/v1/chat/completions", post(CHAT, charset))).status).toBe(200);
  });

  it("are counted while they come, whatever they announce", async () => {
    const { app } = await start({ maxBodyBytes: 1_000 });
    const long = { ...CHAT, messages: [{ role: "user", content: "x".repeat(1_000) }] };
    const reply = await app.request("/v1/chat/completions", post(long));
    expect(reply.status).toBe(413);
    const lie = await app.request("/v1/chat/completions", post(long, { "content-length": "10" }));
    expect(lie.status).toBe(413);
    const announced = await app.request("/v1/chat/completions", post(CHAT, { "content-length": "1001" }));
    expect(announced.status).toBe(413);
    let pulled = 0;
    const endless = new ReadableStream({
      pull(controller) {
        pulled += 1;
        controller.enqueue(new Uint8Array(100).fill(32));
      },
    });
    const request = { method: "POST", headers: JSON_TYPE, body: endless, duplex: "half" } as RequestInit;
    expect((await app.request("/v1/chat/completions", request)).status).toBe(413);
    expect(pulled).toBeLessThan(20);
  });

  it("that are broken are errors in OpenAI's form", async () => {
    const { app } = await start();
    const deep = `${"[".repeat(50_000)}${"]".repeat(50_000)}`;
    const bodies = ["", "{", "null", "[]", '"x"', deep, '{"model": "a", "__proto__": {"x": 1}}', "\ufffe"];
    for (const body of bodies)
      for (const path of [
        "/v1/chat/completions",
        "/v1/completions",
        "/v1/responses",
        "/tokenize",
        "/detokenize",
      ]) {
        const reply = await app.request(path, post(body));
        expect(reply.status, `${path} ${body.slice(0, 20)}`).toBe(400);
        expect(typeof (await errorOf(reply)).message).toBe("string");
      }
    const latin = { method: "POST", headers: JSON_TYPE, body: new Uint8Array([0x22, 0xfc, 0x22]) };
    expect((await app.request("/tokenize", latin)).status).toBe(400);
  });
});

describe("addresses that are not there", () => {
  it("are told what was probably meant", async () => {
    const { app } = await start();
    const missing = await app.request("/chat/completions", post(CHAT));
    expect(missing.status).toBe(404);
    expect((await errorOf(missing)).message).toMatch(/Add \/v1: .*base_url ends in \/v1/);
    expect((await errorOf(app.request("/models/tiny"))).message).toMatch(/Add \/v1/);
    expect((await errorOf(app.request("/v1/v1/chat/completions", post(CHAT)))).message).toMatch(/\/v1 twice/);
    expect((await errorOf(app.request("/v1/models/"))).message).toMatch(/without a further slash/);
    expect((await errorOf(app.request("/api/tags"))).message).toMatch(/Ollama/);
    expect((await errorOf(app.request("/v1/embeddings", post({})))).message).toMatch(/not served/);
    expect((await errorOf(app.request("/\u001b[31m"))).message).not.toContain("\u001b");
  });

  it("are told apart from methods that are not taken", async () => {
    const { app } = await start();
    const reply = await app.request("/v1/chat/completions");
    expect(reply.status).toBe(405);
    expect(reply.headers.get("allow")).toBe("POST");
    expect((await errorOf(reply)).message).toContain("POST");
    const put = await app.request("/v1/models", { method: "PUT" });
    expect(put.status).toBe(405);
    expect(put.headers.get("allow")).toBe("GET, HEAD");
    expect((await app.request("/health", { method: "HEAD" })).status).toBe(200);
  });
});

describe("an error that is ours", () => {
  it("tells the client nothing and the log everything", async () => {
    const { context, log } = await start();
    const dispatch = async () => {
      throw new Error("secret of /home/user");
    };
    const { app } = createApp({ ...context, dispatch }, { host: "127.0.0.1" });
    const reply = await app.request("/v1/chat/completions", post(CHAT));
    expect(reply.status).toBe(500);
    expect(await reply.text()).not.toContain("secret");
    const line = log.find(({ level }) => level === "error");
    expect(line?.id).toBe(reply.headers.get("x-request-id"));
    expect(line?.stack).toContain("secret of /home/user");
    const metrics = await (await app.request("/metrics")).text();
    expect(metrics).toContain(
      'assay_requests_total{route="/v1/chat/completions",status="500",error="BUG"} 1',
    );
  });
});

describe("while the server closes", () => {
  it("no new work is taken, and probes are told", async () => {
    const { app, shutDown } = await start();
    expect((await app.request("/ready")).status).toBe(200);
    shutDown.abort();
    const reply = await app.request("/v1/chat/completions", post(CHAT));
    expect(reply.status).toBe(503);
    expect(reply.headers.get("retry-after")).toBe("5");
    const ready = await app.request("/ready");
    expect(ready.status).toBe(503);
    expect(((await ready.json()) as { reason: string }).reason).toMatch(/shutting down/);
    expect((await app.request("/health")).status).toBe(200);
  });
});

describe("the log and the metrics", () => {
  it("tell of an answer: model, tokens, times, and nothing of the text", async () => {
    const { app, log, traces } = await start();
    const reply = await app.request(
      "/v1/chat/completions?x=%1b",
      post({ ...CHAT, model: "tiny" }, { "x-request-id": "it" }),
    );
    expect(reply.status).toBe(200);
    await reply.text();
    const line = log.find(({ message }) => message === "request");
    expect(line).toMatchObject({
      id: "it",
      method: "POST",
      route: "/v1/chat/completions",
      status: 200,
      model: "small-model",
      promptTokens: 7,
      cachedTokens: 3,
      completionTokens: 2,
    });
    expect(JSON.stringify(log)).not.toContain("Hello");
    expect(traces.size).toBe(0);
    const text = await (await app.request("/metrics")).text();
    expect(text).toContain('assay_completion_tokens_total{model="small-model"} 2');
    expect(text).toContain('assay_cached_tokens_total{model="small-model"} 3');
    expect(text).toContain('assay_time_to_first_token_seconds_count{model="small-model"} 1');
  });

  it("show an unknown address without harm", async () => {
    const { app, log } = await start();
    await app.request(`/a%1b[31m${"x".repeat(500)}`);
    const line = log.find(({ route }) => route === "unknown");
    expect(line?.path).toMatch(/^\/a/);
    expect(JSON.stringify(line)).not.toMatch(/\\u001b/);
    expect(String(line?.path).length).toBeLessThan(200);
  });
});
