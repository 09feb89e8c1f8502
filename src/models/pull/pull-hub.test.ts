// The hub, imitated on its documented routes: facts, redirects to a storage host, tokens, shards, refusals.

import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import {
  type RangeServer,
  type RangeServerOptions,
  startRangeServer,
} from "../../../test/support/range-server.ts";
import { CATALOGUE } from "../catalogue/catalogue.ts";
import type { CatalogueEntry, CatalogueFile } from "../catalogue/catalogue-entry.ts";
import { writeGguf } from "../gguf/write-gguf.ts";
import { type PullOptions, pullModel } from "./pull-model.ts";
import { DEFAULT_RETRY } from "./retry.ts";

const LAB = fileURLToPath(new URL("../../../models/lab-dense.gguf", import.meta.url));
const retry = { ...DEFAULT_RETRY, baseMs: 1, maxMs: 5 };

let bytes: Buffer;
let folder: string;
const servers: RangeServer[] = [];

beforeAll(async () => {
  bytes = await readFile(LAB);
});
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "assay-hub-"));
});
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
  await rm(folder, { recursive: true, force: true });
});

async function serve(options: Partial<RangeServerOptions> = {}): Promise<RangeServer> {
  const server = await startRangeServer({ files: { "Q8/m.gguf": bytes }, repo: "lab/models", ...options });
  servers.push(server);
  return server;
}

const pull = (hub: RangeServer, source: string, options: Partial<PullOptions> = {}) =>
  pullModel(source, { folder, retry, hubEndpoint: hub.origin, ...options });

it("pulls a file of a repository and checks the hash that the hub tells", async () => {
  const hub = await serve();
  const { files } = await pull(hub, "hf:lab/models/Q8/m.gguf", { revision: "v2" });
  expect(files).toMatchObject([{ path: join(folder, "m.gguf"), verified: "sha256", bytes: bytes.length }]);
  expect(hub.requests[0]).toMatchObject({ method: "POST", path: "/api/models/lab/models/paths-info/v2" });
  expect(hub.requests[1]?.path).toBe("/lab/models/resolve/v2/Q8/m.gguf");
});

it("sends the token to the hub and not to the storage that the hub leads to", async () => {
  const storage = await serve({ repo: undefined });
  const hub = await serve({ storage: storage.origin });
  await pull(hub, "hf:lab/models/Q8/m.gguf", {
    token: "hf_secret",
    allowHosts: [`127.0.0.1:${storage.port}`],
  });
  expect(new Set(hub.requests.map(({ authorization }) => authorization))).toEqual(
    new Set(["Bearer hf_secret"]),
  );
  expect(storage.requests.length).toBeGreaterThan(1);
  expect(storage.requests.filter(({ authorization }) => authorization !== undefined)).toEqual([]);
});

it("asks the hub for a new address when a signed one has run out", async () => {
  const storage = await serve({ repo: undefined, troubles: [{}, { status: 403 }, { status: 403 }] });
  const hub = await serve({ storage: storage.origin });
  await pull(hub, "hf:lab/models/Q8/m.gguf", { allowHosts: [`127.0.0.1:${storage.port}`] });
  expect(hub.requests.length).toBe(1 + storage.requests.length);
  expect((await readFile(join(folder, "m.gguf"))).equals(bytes)).toBe(true);
});

it.each(["127.0.0.1", "localhost"])("does not follow the hub to another server on %s", async (host) => {
  const inside = await serve({ repo: undefined });
  const hub = await serve({ storage: `http://${host}:${inside.port}` });
  await expect(pull(hub, "hf:lab/models/Q8/m.gguf")).rejects.toMatchObject({
    code: "DATA_UNAVAILABLE",
    message: expect.stringContaining("an address of this machine"),
    hint: `If that host is meant, add --allow-host ${host}:${inside.port}`,
  });
  expect(inside.requests).toEqual([]);
});

it("follows ten redirects and no more", async () => {
  const hub = await serve({
    troubleOf: ({ url = "" }) => {
      const left = Number(new URL(url, "http://hub").searchParams.get("left") ?? 30);
      return { status: 302, headers: { location: `?left=${left - 1}` } };
    },
  });
  await expect(pull(hub, "hf:lab/models/Q8/m.gguf")).rejects.toMatchObject({
    message: expect.stringContaining("more than 10 times"),
  });
  expect(hub.requests).toHaveLength(12);
});

it("pulls all shards, whichever is named, and reads them as one model", async () => {
  const files: Record<string, Buffer> = {};
  for (const no of [0, 1]) {
    const path = join(folder, `shard-${no}.gguf`);
    await writeGguf({
      path,
      metadata: [
        ["general.architecture", { type: "string", value: "llama" }],
        ["split.no", { type: "uint16", value: no }],
        ["split.count", { type: "uint16", value: 2 }],
        ["split.tensors.count", { type: "int32", value: 2 }],
      ],
      tensors: [{ name: `t${no}`, type: "F32", shape: [4_096], data: new Uint8Array(16_384) }],
    });
    files[`m-0000${no + 1}-of-00002.gguf`] = await readFile(path);
    await rm(path);
  }
  const hub = await serve({ files });
  const seen: number[] = [];
  const onProgress = (_: string, done: number, total: number) => seen.push(done / total);
  const model = await pull(hub, "hf:lab/models/m-00002-of-00002.gguf", { onProgress });
  expect(model).toMatchObject({ name: "m", path: join(folder, "m-00001-of-00002.gguf") });
  expect(model.files).toMatchObject([{ verified: "sha256" }, { verified: "sha256" }]);
  expect(model.gguf.tensors.map(({ name, shard }) => [name, shard])).toEqual([
    ["t0", 0],
    ["t1", 1],
  ]);
  expect(seen.at(-1)).toBe(1);
  expect((await readdir(folder)).toSorted()).toEqual(Object.keys(files));
});

it("takes the hub's word over a size that the catalogue only computed, not over its hash", async () => {
  const hub = await serve();
  const entry = (facts: Partial<CatalogueFile>): CatalogueEntry => ({
    ...{ ...CATALOGUE[0]!, name: "mine", bundled: undefined, repo: "lab/models" },
    files: [{ path: "Q8/m.gguf", sizeBytes: 5, ...facts }],
  });
  const notes: string[] = [];
  const onNote = (note: string) => notes.push(note);
  await pull(hub, "mine", { userEntries: [entry({})], onNote });
  expect(notes).toEqual([expect.stringContaining("not the catalogue's 5")]);
  const wrong = entry({ sizeBytes: bytes.length, sha256: "3".repeat(64) });
  await expect(pull(hub, "mine", { userEntries: [wrong] })).rejects.toMatchObject({
    message: expect.stringContaining("another file than expected"),
  });
});

it("says which files a repository has when none is named, and names one that is missing", async () => {
  const hub = await serve({ files: { "a.gguf": bytes, "b.gguf": bytes, "README.md": bytes } });
  await expect(pull(hub, "hf:lab/models")).rejects.toMatchObject({
    code: "USAGE",
    hint: "Choose one of: hf:lab/models/a.gguf, hf:lab/models/b.gguf.",
  });
  await expect(pull(hub, "hf:lab/models/c.gguf")).rejects.toMatchObject({
    code: "MODEL_NOT_FOUND",
    message: expect.stringContaining("has no file c.gguf"),
  });
});

it("says what to do about a gated repository and one that is not there", async () => {
  const gated = { status: 403, headers: { "x-error-code": "GatedRepo" } };
  const hub = await serve({ troubleOf: () => gated });
  await expect(pull(hub, "hf:lab/models/Q8/m.gguf")).rejects.toMatchObject({
    code: "DATA_UNAVAILABLE",
    hint: expect.stringMatching(/Accept the licence.*HF_TOKEN/),
  });
  await expect(pull(hub, "hf:lab/none/m.gguf")).rejects.toMatchObject({
    message: expect.stringContaining("401, RepoNotFound"),
  });
});

it("takes size and hash from the file's own address where a mirror has no API", async () => {
  const mirror = await serve({ repo: undefined, files: { "lab/models/resolve/main/Q8/m.gguf": bytes } });
  mirror.options.troubleOf = () => ({
    headers: { "x-linked-size": String(bytes.length), "x-linked-etag": `"${"0".repeat(64)}"` },
  });
  // The hash is wrong, so that it is seen to be used.
  await expect(pull(mirror, "hf:lab/models/Q8/m.gguf")).rejects.toMatchObject({ code: "MODEL_INVALID" });
  mirror.options.troubleOf = () => undefined;
  expect((await pull(mirror, "hf:lab/models/Q8/m.gguf")).files).toMatchObject([{ verified: "size" }]);
});

it("does not begin a file whose hash is told in two ways, and keeps none that arrived damaged", async () => {
  const hub = await serve({ lfsHash: "1".repeat(64) });
  await expect(pull(hub, "hf:lab/models/Q8/m.gguf", { sha256: "2".repeat(64) })).rejects.toMatchObject({
    message: expect.stringContaining("another file than expected"),
  });
  await expect(pull(hub, "hf:lab/models/Q8/m.gguf")).rejects.toMatchObject({ code: "MODEL_INVALID" });
  expect(await readdir(folder)).toEqual([]);
});

it.each(["[", "{}", '[{"path":"Q8/m.gguf","type":"file","size":-1}]', "[null]", "x".repeat(9 * 2 ** 20)])(
  "is not misled by an answer that is none (%#)",
  async (answer) => {
    const hub = await serve({ apiAnswer: answer });
    await expect(pull(hub, "hf:lab/models/Q8/m.gguf")).rejects.toMatchObject({
      code: "DATA_UNAVAILABLE",
      message: expect.stringContaining("does not answer as a Hugging Face hub does"),
    });
  },
);
