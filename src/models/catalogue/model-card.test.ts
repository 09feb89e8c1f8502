import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { writeRandomModel, writeSparseMixtral } from "../../testing/index.ts";
import { readGguf } from "../gguf/read-gguf.ts";
import { CATALOGUE, findEntry } from "./catalogue.ts";
import { entryOfFile } from "./local-entry.ts";
import type { MachineFacts } from "./machine-fit.ts";
import { cardOfEntry, cardOfFile } from "./model-card.ts";

const GIB = 2 ** 30;
const MACHINE: MachineFacts = {
  ram: { available: 32 * GIB, total: 64 * GIB, limit: "machine" },
  gpus: [],
};
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "assay-card-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe("of Mixtral's file of 2023", () => {
  it("tells types, template, repair and memory by the header alone", async () => {
    const path = join(folder, "mixtral-8x7b-instruct-v0.1.Q4_K_M.gguf");
    const gguf = await readGguf(await writeSparseMixtral({ path, layout: "legacy" }));
    const entry = findEntry("mixtral-8x7b-instruct-2023")!;
    const card = cardOfFile(entry.name, gguf, MACHINE, entry);
    expect(card).toMatchObject({ path, needsRepair: true, licence: "Apache-2.0", shape: entry.shape });
    expect(card.types.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(entry.shape!.sizeBytes);
    expect(card.types.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 12);
    expect(card.types[0]).toMatchObject({ type: "Q4_K" });
    const own = card.memory.find(({ quantisation }) => quantisation === "Q4_K_M")!;
    expect(own).toMatchObject({ exact: true, weights: entry.shape!.sizeBytes });
    expect(own.contexts.map(({ context }) => context)).toEqual([2_048, 4_096, 8_192, 32_768]);
    expect(own.contexts.map(({ kvCache }) => kvCache / GIB)).toEqual([0.25, 0.5, 1, 4]);
    expect(own.contexts.map(({ verdict }) => verdict)).toEqual(["fits", "fits", "fits", "fits"]);
    const half = card.memory.at(-1)!;
    expect(half).toMatchObject({ quantisation: "F16", exact: false });
    expect(half.contexts[0]!.verdict).toBe("too-large");
  });

  it("is the same entry when a user adds it", async () => {
    const path = join(folder, "again.gguf");
    await writeSparseMixtral({ path, layout: "legacy" });
    const entry = await entryOfFile("again", path);
    expect(entry).toMatchObject({ needsRepair: true, quantisation: "Q4_K_M", localPath: path });
    expect(entry.shape).toEqual(findEntry("mixtral-8x7b-instruct-2023")!.shape);
  });
});

it("names an unusual file's facts without obeying its texts", async () => {
  const path = await writeRandomModel({ path: join(folder, "odd\u202ename.gguf"), experts: 0 });
  const card = cardOfFile("odd", await readGguf(path), MACHINE);
  expect(card.title).not.toMatch(/\u202e/);
  expect(card.published).toBeUndefined();
  expect(card.needsRepair).toBe(false);
});

it.each(CATALOGUE.map((entry) => [entry.name, entry] as const))("of %s without its file", (_name, entry) => {
  const card = cardOfEntry(entry, MACHINE);
  expect(card).toMatchObject({ path: undefined, types: [], template: { name: entry.template } });
  expect(card.memory.map(({ quantisation }) => quantisation)).toEqual(["Q4_K_M", "Q5_K_M", "Q8_0", "F16"]);
});

it("of an entry whose file nobody has seen", () => {
  const { shape, template, ...rest } = findEntry("lab-moe")!;
  const card = cardOfEntry({ ...rest, files: [{ path: "x.gguf" }] }, MACHINE);
  expect(card).toMatchObject({ sizeBytes: undefined, memory: [], template: { name: "unknown" } });
});
