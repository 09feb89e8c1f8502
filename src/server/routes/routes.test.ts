// What an operator and the page ask for: models, tokens, readiness, runs and their events.

import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { fakeEntry } from "../../../test/support/fake-fleet.ts";
import { type FakeServer, fakeServer } from "../../../test/support/server-context.ts";
import { createApp } from "../create-app.ts";

let server: FakeServer;
let app: ReturnType<typeof createApp>["app"];
beforeEach(async () => {
  const entries = [fakeEntry("small-model", { aliases: ["tiny", "a/b"], tier: "small" }), fakeEntry("big")];
  server = await fakeServer({ entries });
  app = createApp(server.context, { host: "127.0.0.1" }).app;
});
afterEach(() => server.close());

// biome-ignore lint/suspicious/noExplicitAny: replies of every form are looked into
const ask = async (path: string, body?: object): Promise<{ status: number; json: any }> => {
  const headers = { "content-type": "application/json" };
  const init = body === undefined ? {} : { method: "POST", headers, body: JSON.stringify(body) };
  const reply = await app.request(path, init);
  return { status: reply.status, json: await reply.json() };
};

describe("/v1/models", () => {
  it("lists every name that can be asked for, and auto", async () => {
    const { json } = await ask("/v1/models");
    expect(json.data.map(({ id }: { id: string }) => id)).toEqual([
      "small-model",
      "tiny",
      "a/b",
      "big",
      "auto",
    ]);
    expect(json.data[1]).toMatchObject({
      object: "model",
      owned_by: "assay",
      assay: { alias_of: "small-model", tier: "small", state: "unloaded", context: 2_048 },
    });
    expect(JSON.stringify(json)).not.toContain("/models/small-model.gguf");
  });

  it("gives one by name, also with a slash, and 404 for others", async () => {
    for (const name of ["tiny", "a/b", "a%2Fb", "auto"])
      expect((await ask(`/v1/models/${name}`)).status).toBe(200);
    const { status, json } = await ask("/v1/models/tinny");
    expect(status).toBe(404);
    expect(json.error.code).toBe("model_not_found");
    expect(json.error.message).toContain("tiny");
  });
});

describe("/tokenize and /detokenize", () => {
  it("are each other's way back", async () => {
    const { json } = await ask("/tokenize", { model: "tiny", content: "fox dog" });
    const back = await ask("/detokenize", { model: "tiny", tokens: json.tokens });
    expect(back.json.content.trim()).toBe("fox dog");
    const pieces = await ask("/tokenize", { model: "tiny", text: "fox dog", with_pieces: true });
    expect(pieces.json.tokens.map(({ id }: { id: number }) => id)).toEqual(json.tokens);
    expect(server.context.fleet.models()[0]?.leases).toBe(0);
  });

  it("want a name where there are several models, and say what is wrong", async () => {
    expect((await ask("/tokenize", { content: "x" })).json.error).toMatchObject({ param: "model" });
    expect((await ask("/tokenize", { model: "none", content: "x" })).status).toBe(404);
    expect((await ask("/tokenize", { model: "big" })).json.error.param).toBe("content");
    expect((await ask("/tokenize", { model: "big", contents: "x" })).json.error.param).toBe("contents");
    const beyond = await ask("/detokenize", { model: "big", tokens: [1, 99_999_999] });
    expect(beyond.json.error).toMatchObject({ param: "tokens[1]" });
    for (const tokens of [[-1], [1.5], ["1"], "1"])
      expect((await ask("/detokenize", { model: "big", tokens })).status).toBe(400);
  });
});

describe("/ready", () => {
  it("is not when nothing could be loaded", async () => {
    expect((await ask("/ready")).json).toMatchObject({ status: "ready", models: { big: "unloaded" } });
    const fleet = { ...server.context.fleet, memory: () => ({ budget: 1, used: 0 }) };
    const full = createApp({ ...server.context, fleet }, { host: "127.0.0.1" }).app;
    const reply = await full.request("/ready");
    expect(reply.status).toBe(503);
    expect(((await reply.json()) as { reason: string }).reason).toMatch(
      /big takes 10 bytes, and models may take 1/,
    );
  });
});

async function addRun(events = 0) {
  const model = { name: "m", path: "/home/somebody/m.gguf", fingerprint: "f", quantisation: "Q8_0" };
  const writer = await server.context.store.createRun({
    kind: "mine",
    model,
    settings: { hubToken: "hf_x", a: 1 },
  });
  if (events > 0) {
    const notes = Array.from({ length: events }, (_, i) => ({
      type: "run-note" as const,
      message: `note ${i}`,
    }));
    await writer.savePage({ index: 0, rows: [], seconds: 1, events: notes });
  }
  await writer.finish("done", { seconds: 1, document: { answer: 42 } });
  await writer.close();
  return writer.run.id;
}

describe("/v1/runs", () => {
  it("pages through all runs, newest first, each once", async () => {
    const ids = [];
    for (let i = 0; i < 5; i++) ids.unshift(await addRun());
    const seen: string[] = [];
    for (let after = ""; ; ) {
      const { json } = await ask(`/v1/runs?limit=2${after && `&after=${after}`}`);
      seen.push(...json.data.map(({ id }: { id: string }) => id));
      after = json.last_id;
      if (!json.has_more) break;
    }
    expect(seen).toEqual(ids);
    expect((await ask("/v1/runs?status=failed")).json.data).toEqual([]);
    for (const query of ["limit=0", "limit=x", "limit=201", "status=none"])
      expect((await ask(`/v1/runs?${query}`)).status).toBe(400);
    expect((await ask("/v1/runs?after=none")).status).toBe(404);
  });

  it("shows one without paths and secrets, its document when asked", async () => {
    const id = await addRun();
    const { json } = await ask(`/v1/runs/${id}`);
    expect(json).toMatchObject({
      id,
      object: "run",
      status: "done",
      settings: { hubToken: "[redacted]", a: 1 },
    });
    expect(json.document).toBeUndefined();
    expect(JSON.stringify(json)).not.toContain("/home");
    expect((await ask(`/v1/runs/${id}?document=true`)).json.document).toEqual({ answer: 42 });
    const missing = await ask("/v1/runs/..%2f..%2fetc");
    expect(missing.status).toBe(404);
    expect(JSON.stringify(missing.json)).not.toContain(server.context.store.path);
  });
});

describe("/v1/events", () => {
  /** Reads a stream until it holds so many events, then leaves. */
  async function read(path: string, count: number, headers: Record<string, string> = {}) {
    const reply = await app.request(path, { headers });
    expect(reply.headers.get("content-type")).toContain("text/event-stream");
    const reader = reply.body!.pipeThrough(new TextDecoderStream()).getReader();
    let text = "";
    while (text.split("\nid: ").length <= count) {
      const step = await reader.read();
      if (step.done) break;
      text += step.value;
    }
    await reader.cancel();
    return [...text.matchAll(/^event: (\S+)\ndata: (.*)\nid: (\d+)\n\n/gm)].map(([, type, data, id]) => ({
      type,
      data: JSON.parse(data!),
      id: Number(id),
    }));
  }

  it("gives a run's events in order, and goes on after the last that was seen", async () => {
    await addRun(2);
    const run = await addRun(300);
    const all = await read(`/v1/events?run=${run}`, 302);
    expect(all).toHaveLength(302);
    expect(all.every(({ data }) => data.run === run)).toBe(true);
    expect(all[0]?.type).toBe("run-start");
    expect(all.at(-1)?.type).toBe("run-end");
    const seen = all[299]!.id;
    const rest = await read(`/v1/events?run=${run}`, 2, { "last-event-id": String(seen) });
    expect(rest.map(({ id }) => id)).toEqual(all.slice(300).map(({ id }) => id));
  });

  it("gives what happens from now on, and ends when the server does", async () => {
    await addRun(3);
    const reply = await app.request("/v1/events?after=now");
    const reader = reply.body!.pipeThrough(new TextDecoderStream()).getReader();
    expect((await reader.read()).value).toBe(": events\n\n");
    const run = await addRun();
    expect((await reader.read()).value).toContain(run);
    server.shutDown.abort();
    let text = "";
    for (let step = await reader.read(); !step.done; step = await reader.read()) text += step.value;
    expect(text).not.toContain("error");
  });

  it("has no reader where only the head is asked for", async () => {
    for (let i = 0; i < 40; i++)
      expect((await app.request("/v1/events", { method: "HEAD" })).status).toBe(200);
  });

  it("is bounded in readers, and counts those that left no more", async () => {
    const replies = [];
    for (let i = 0; i < 32; i++) replies.push(await app.request("/v1/events"));
    expect((await app.request("/v1/events")).status).toBe(429);
    for (const reply of replies) await reply.body!.cancel();
    await expect
      .poll(async () => {
        const reply = await app.request("/v1/events");
        const { status } = reply;
        await reply.body?.cancel();
        return status;
      })
      .toBe(200);
  });

  it("refuses numbers and runs that are none", async () => {
    expect((await ask("/v1/events?after=x")).status).toBe(400);
    expect((await ask("/v1/events?after=-1")).status).toBe(400);
    expect((await ask("/v1/events?run=none")).status).toBe(404);
  });
});
