import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { writeRandomModel, writeSparseMixtral } from "../testing/index.ts";
import { findEntry } from "./catalogue/catalogue.ts";
import { describeModel } from "./describe-model.ts";
import { estimateMemory, kvBytesPerToken } from "./estimate-memory.ts";
import { fingerprint } from "./gguf/fingerprint.ts";
import { readGguf } from "./gguf/read-gguf.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "assay-memory-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const GIB = 2 ** 30;

it("has the known facts of Mixtral 8x7B: 24.62 GiB and 128 KiB a token", () => {
  const mixtral = findEntry("Mixtral-8x7B-Instruct-2023")!.shape!;
  expect(mixtral.sizeBytes / GIB).toBeCloseTo(24.62, 2);
  expect(kvBytesPerToken(mixtral)).toBe(128 * 1024);
  const estimate = estimateMemory(mixtral, { context: 32_768 });
  expect(estimate.kvCache).toBe(4 * GIB);
  expect(estimate.total).toBe(estimate.weights + estimate.kvCache + estimate.compute);
});

it("finds the same in the header of the file that people have", async () => {
  const known = findEntry("mixtral-8x7b-instruct-2023")!.shape!;
  const gguf = await readGguf(
    await writeSparseMixtral({ path: join(folder, "mixtral.gguf"), layout: "legacy" }),
  );
  const { sizeBytes, parameters, quantisation, layers, kvHeads, headDim } = describeModel(gguf);
  expect({ sizeBytes, parameters, quantisation, layers, kvHeads, headDim }).toEqual({
    sizeBytes: known.sizeBytes,
    parameters: known.parameters,
    quantisation: "Q4_K_M",
    layers: 32,
    kvHeads: 8,
    headDim: 128,
  });
  expect(estimateMemory(gguf)).toEqual(estimateMemory(known));
});

it("counts every sequence and the cache's type", async () => {
  const gguf = await readGguf(
    await writeRandomModel({ path: join(folder, "tiny.gguf"), layers: 3, type: "F32" }),
  );
  const one = estimateMemory(gguf, { context: 100 });
  expect(one.kvCache).toBe(100 * 2 * 3 * 2 * 64 * 2);
  expect(estimateMemory(gguf, { context: 100, sequences: 8 }).kvCache).toBe(8 * one.kvCache);
  expect(estimateMemory(gguf, { context: 100, kvType: "q8_0" }).kvCache).toBe((one.kvCache / 2) * (34 / 32));
});

it("fingerprints weights, not names", async () => {
  const write = (name: string, seed: number) =>
    writeRandomModel({ path: join(folder, name), experts: 0, seed });
  const first = await fingerprint(await write("first.gguf", 1));
  expect(first).toMatch(/^[0-9a-f]{64}$/);
  expect(await fingerprint(await write("second.gguf", 1))).toBe(first);
  expect(await fingerprint(await write("third.gguf", 2))).not.toBe(first);
});
