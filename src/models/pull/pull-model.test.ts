// Pulls from a server on this machine: what arrives is the file, whatever happens on the way, or nothing is.

import { createHash } from "node:crypto";
import { mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import {
  type RangeServer,
  type RangeServerOptions,
  startRangeServer,
} from "../../../test/support/range-server.ts";
import { type PullOptions, pullModel } from "./pull-model.ts";
import { DEFAULT_RETRY } from "./retry.ts";

const MIB = 2 ** 20;
const LAB = fileURLToPath(new URL("../../../models/lab-dense.gguf", import.meta.url));
/** Waits are short, the rest is as it is. */
const retry = { ...DEFAULT_RETRY, baseMs: 1, maxMs: 5 };

vi.setConfig({ testTimeout: 30_000 });

let bytes: Buffer;
let hash: string;
let folder: string;
const servers: RangeServer[] = [];

beforeAll(async () => {
  bytes = await readFile(LAB);
  hash = createHash("sha256").update(bytes).digest("hex");
});
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "assay-pull-"));
});
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
  await rm(folder, { recursive: true, force: true });
});

async function serve(options: Partial<RangeServerOptions> = {}): Promise<RangeServer> {
  const server = await startRangeServer({ files: { "m.gguf": bytes }, ...options });
  servers.push(server);
  return server;
}

const pull = (source: string, options: Partial<PullOptions> = {}) =>
  pullModel(source, { folder, retry, rangeBytes: MIB, ...options });
const target = () => join(folder, "m.gguf");

async function expectWhole(): Promise<void> {
  expect((await readFile(target())).equals(bytes)).toBe(true);
  expect(await readdir(folder)).toEqual(["m.gguf"]);
}

describe("an address", () => {
  it("arrives by ranges, four at a time, with nothing left beside it", async () => {
    const server = await serve();
    const pulled = await pull(`${server.origin}/m.gguf`);
    await expectWhole();
    expect(pulled).toMatchObject({ name: "m", path: target(), bytes: bytes.length, resumedFrom: 0 });
    expect(pulled.files).toMatchObject([{ sha256: hash, verified: "size", alreadyThere: false }]);
    expect(server.sent()).toBe(bytes.length + 4); // and the four bytes that say GGUF
    expect(new Set(server.requests.map(({ range }) => range)).size).toBe(Math.ceil(bytes.length / MIB) + 1);
  });

  it("is not fetched again when it is there, and no other file is overwritten", async () => {
    const server = await serve();
    await pull(`${server.origin}/m.gguf`);
    const again = await pull(`${server.origin}/m.gguf`, { sha256: hash });
    expect(again.files).toMatchObject([{ alreadyThere: true, verified: "sha256" }]);
    expect(server.sent()).toBe(bytes.length + 8);
    await writeFile(target(), "something else");
    await expect(pull(`${server.origin}/m.gguf`)).rejects.toMatchObject({ code: "USAGE" });
    expect(await readFile(target(), "utf8")).toBe("something else");
  });

  it("goes to the file or the folder that --output names", async () => {
    const { origin } = await serve();
    expect((await pull(`${origin}/m.gguf`, { output: join(folder, "other.gguf") })).path).toBe(
      join(folder, "other.gguf"),
    );
    expect((await pull(`${origin}/m.gguf`, { output: `${join(folder, "new")}/` })).path).toBe(
      join(folder, "new", "m.gguf"),
    );
    await expect(pull(`${origin}/m.gguf`, { output: join(folder, "m.bin") })).rejects.toMatchObject({
      code: "USAGE",
    });
  });
});

describe("a connection", () => {
  it("that is cut again and again costs no byte twice", async () => {
    const troubles = Array.from({ length: 12 }, (_, index) => ({ cutAfter: 100_000 + index * 40_000 }));
    const server = await serve({ troubles: [{}, ...troubles] });
    await pull(`${server.origin}/m.gguf`);
    await expectWhole();
    // What a cut takes with it from the network's buffers is the only thing sent twice.
    expect(server.sent()).toBeLessThan(bytes.length * 1.2);
  });

  it("that says nothing, answers 503, 429 or hangs up is made anew", async () => {
    const busy = (status: number, after: string) => ({ status, headers: { "retry-after": after } });
    const date = new Date(Date.now() + 1_000).toUTCString();
    const troubles = [
      { hangUp: true as const },
      {},
      busy(503, "0"),
      busy(429, "0"),
      busy(503, date),
      { stallAfter: 70_000 },
    ];
    const server = await serve({ troubles });
    const notes: string[] = [];
    await pull(`${server.origin}/m.gguf`, {
      stallMs: 200,
      connections: 1,
      onNote: (note) => notes.push(note),
    });
    await expectWhole();
    expect(notes.join("\n")).toMatch(/cut[\s\S]*503[\s\S]*429[\s\S]*503[\s\S]*no byte for 0.2 s/);
  });

  it("of which the server wants fewer leaves its range to the others", async () => {
    let open = 0;
    const server = await serve({
      bytesPerSecond: 2e7,
      troubleOf: (request) => {
        open += 1;
        request.on("close", () => (open -= 1));
        return open > 1 ? { status: 429 } : undefined;
      },
    });
    await pull(`${server.origin}/m.gguf`);
    await expectWhole();
  });

  it("refused when the others have finished is made again", async () => {
    const late = { status: 429, delayMs: 300 };
    const refused = new Set<string>();
    const server = await serve({
      troubleOf: ({ headers: { range = "" } }) => {
        if (!range.startsWith(`bytes=${5 * MIB}`) || refused.has(range)) return undefined;
        refused.add(range);
        return late;
      },
    });
    await pull(`${server.origin}/m.gguf`, { connections: 2, rangeBytes: 5 * MIB });
    expect(refused.size).toBe(1);
    await expectWhole();
  });

  it("that never brings anything ends the pull, and what came before is kept", async () => {
    const server = await serve({ troubles: [{}, {}, {}], troubleOf: () => ({ cutAfter: 10 }) });
    const failing = pull(`${server.origin}/m.gguf`, { connections: 1, retry: { ...retry, attempts: 3 } });
    await expect(failing).rejects.toMatchObject({
      code: "DATA_UNAVAILABLE",
      hint: expect.stringContaining("goes on"),
    });
    server.options.troubleOf = () => undefined;
    const before = server.sent();
    const pulled = await pull(`${server.origin}/m.gguf`);
    await expectWhole();
    expect(pulled.resumedFrom).toBeGreaterThanOrEqual(2 * MIB);
    expect(server.sent() - before).toBe(bytes.length - pulled.resumedFrom + 4);
  });

  it("is asked no more after 404, 403 or 400", async () => {
    for (const [status, code] of [
      [404, "MODEL_NOT_FOUND"],
      [403, "DATA_UNAVAILABLE"],
      [400, "DATA_UNAVAILABLE"],
    ] as const) {
      const server = await serve({ troubleOf: () => ({ status }) });
      await expect(pull(`${server.origin}/m.gguf`)).rejects.toMatchObject({ code });
      expect(server.requests).toHaveLength(1);
    }
    expect(await readdir(folder)).toEqual([]);
  });
});

describe("a stopped pull", () => {
  it("goes on with the same file and begins anew with another", async () => {
    const server = await serve({ bytesPerSecond: 4e6 });
    const stopped = async () => {
      const controller = new AbortController();
      const onProgress = (_: string, done: number) => done > 3 * MIB && controller.abort();
      const work = pull(`${server.origin}/m.gguf`, { signal: controller.signal, onProgress });
      await expect(work).rejects.toMatchObject({ code: "CANCELLED" });
    };
    await stopped();
    expect((await readdir(folder)).toSorted()).toEqual(["m.gguf.part", "m.gguf.part.json"]);
    server.options.bytesPerSecond = 1e9;
    expect((await pull(`${server.origin}/m.gguf`)).resumedFrom).toBeGreaterThan(3 * MIB);
    await expectWhole();

    await rm(target());
    server.options.bytesPerSecond = 4e6;
    await stopped();
    const other = Buffer.from(bytes);
    other[other.length - 1]! ^= 1;
    Object.assign(server.options, { files: { "m.gguf": other }, bytesPerSecond: 1e9 });
    const notes: string[] = [];
    const pulled = await pull(`${server.origin}/m.gguf`, { onNote: (note) => notes.push(note) });
    expect(pulled.resumedFrom).toBe(0);
    expect(notes).toEqual([
      expect.stringContaining("from its beginning again: the file at the server is another one"),
    ]);
    expect((await readFile(target())).equals(other)).toBe(true);
  });

  it("does not believe a part that somebody shortened or a state that is no state", async () => {
    const server = await serve({ troubles: [{}, {}, {}], troubleOf: () => ({ cutAfter: 10 }) });
    const failing = () =>
      pull(`${server.origin}/m.gguf`, { connections: 1, retry: { ...retry, attempts: 2 } });
    await expect(failing()).rejects.toThrow();
    server.options.troubleOf = () => undefined;
    const state = await readFile(`${target()}.part.json`, "utf8");
    for (const broken of [
      "{",
      "[]",
      state.replace('"done":[', '"done":[9e15,'),
      state.replace(/"size":\d+/, '"size":8'),
    ]) {
      await writeFile(`${target()}.part.json`, broken);
      expect((await pull(`${server.origin}/m.gguf`)).resumedFrom).toBe(0);
      await expectWhole();
      await rm(target());
      await writeFile(`${target()}.part`, "");
    }
    await writeFile(`${target()}.part.json`, state);
    await truncate(`${target()}.part`, 1_000);
    expect((await pull(`${server.origin}/m.gguf`)).resumedFrom).toBe(0);
    await expectWhole();
  });

  it("is not joined by a second one", async () => {
    const server = await serve({ bytesPerSecond: 4e6 });
    const first = pull(`${server.origin}/m.gguf`);
    await expect.poll(() => server.requests.length).toBeGreaterThan(1);
    await expect(pull(`${server.origin}/m.gguf`)).rejects.toMatchObject({
      code: "RUN_LOCKED",
      details: { pid: process.pid },
    });
    await first;
    // Names of dead processes are in nobody's way: one above Linux' largest process id, and one whose number
    // another process has now. The parent of this process is alive.
    await rm(target());
    const alive = `${target()}.part.pid-${process.ppid}`;
    await writeFile(alive, "");
    await expect(pull(`${server.origin}/m.gguf`)).rejects.toMatchObject({ details: { pid: process.ppid } });
    if (process.platform === "linux") await writeFile(alive, "1");
    else await rm(alive);
    await writeFile(`${target()}.part.pid-${2 ** 22 + 1}`, "");
    await pull(`${server.origin}/m.gguf`);
    await expectWhole();
  });
});

describe("a server", () => {
  it("without ranges sends the whole file, from the beginning when it is cut", async () => {
    const server = await serve({ ranges: false, troubles: [{}, { cutAfter: 2 * MIB }] });
    await pull(`${server.origin}/m.gguf`);
    await expectWhole();
    expect(server.requests.slice(1).map(({ range }) => range)).toEqual([undefined, undefined]);
  });

  it.each([
    ["other bytes than asked for", { contentRange: "bytes 5-1048580/8368960" }, /other bytes/],
    ["a range of nothing", { contentRange: "bytes */8368960" }, /other bytes/],
    ["another size than before", { contentRange: `bytes 0-${MIB - 1}/9000000` }, /changed its size/],
    ["more than it said", { extra: 100 }, /more bytes/],
    ["compressed bytes", { headers: { "content-encoding": "gzip" } }, /other bytes/],
  ])("that sends %s is refused", async (_, trouble, message) => {
    const server = await serve({ troubles: [{}, trouble] });
    const work = pull(`${server.origin}/m.gguf`, { connections: 1 });
    await expect(work).rejects.toMatchObject({
      code: "DATA_UNAVAILABLE",
      message: expect.stringMatching(message),
    });
    await expect(stat(target())).rejects.toThrow();
  });

  it("whose file changes while it is pulled is found out by its tag", async () => {
    let tag = '"one"';
    const server = await serve({ etagOf: () => tag });
    const onProgress = (_: string, done: number) => {
      if (done > MIB) tag = '"two"';
    };
    const work = pull(`${server.origin}/m.gguf`, { connections: 1, onProgress });
    await expect(work).rejects.toMatchObject({ message: expect.stringContaining("changed at the server") });
  });

  it("that sends a page in place of the model is found out at its first bytes", async () => {
    const page = Buffer.from("<html>log in</html>");
    const server = await serve({
      files: { "m.gguf": page },
      troubles: [{ headers: { "content-type": "text/html" } }],
    });
    await expect(pull(`${server.origin}/m.gguf`)).rejects.toMatchObject({
      code: "MODEL_INVALID",
      message: expect.stringContaining("a web page"),
    });
  });

  it("with more than the disk holds is not begun", async () => {
    const huge = { contentRange: "bytes 0-3/900000000000000" };
    const server = await serve({ troubleOf: () => huge });
    await expect(pull(`${server.origin}/m.gguf`)).rejects.toMatchObject({ code: "DISK_FULL" });
    expect(await readdir(folder)).toEqual([]);
  });
});

it("arrives whole whatever order troubles come in", async () => {
  const cut = fc.integer({ min: 0, max: 70_000 }).map((cutAfter) => ({ cutAfter }));
  const status = fc
    .constantFrom(429, 500, 503)
    .map((status) => ({ status, headers: { "retry-after": "0" } }));
  const trouble = fc.oneof(cut, status, fc.constant({ hangUp: true as const }), fc.constant({}));
  const small = Buffer.concat([bytes.subarray(0, 300_000), Buffer.alloc(12_345, 7)]);
  const server = await serve({ files: { "m.gguf": small } });
  await fc.assert(
    fc.asyncProperty(
      fc.array(trouble, { maxLength: 7 }),
      fc.integer({ min: 1, max: 5 }),
      fc.integer({ min: 10_000, max: 400_000 }),
      async (troubles, connections, rangeBytes) => {
        server.options.troubles = [{}, ...troubles];
        await rm(target(), { force: true });
        const sha256 = createHash("sha256").update(small).digest("hex");
        // The header does not fit this file, which is read last, when everything is in place.
        await expect(
          pull(`${server.origin}/m.gguf`, { connections, rangeBytes, sha256 }),
        ).rejects.toMatchObject({
          code: "MODEL_INVALID",
          message: expect.stringContaining("ends at byte"),
        });
        expect((await readFile(target())).equals(small)).toBe(true);
        expect(await readdir(folder)).toEqual(["m.gguf"]);
      },
    ),
    { numRuns: 25 },
  );
}, 60_000);

it("keeps nothing of a file whose hash is wrong", async () => {
  const server = await serve();
  await expect(pull(`${server.origin}/m.gguf`, { sha256: "0".repeat(64) })).rejects.toMatchObject({
    code: "MODEL_INVALID",
    message: expect.stringContaining(hash),
  });
  expect(await readdir(folder)).toEqual([]);
});
