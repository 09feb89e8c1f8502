import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { describeModel } from "../describe-model.ts";
import { GGML_TYPES, type GgmlTypeName } from "../gguf/ggml-types.ts";
import { readGguf } from "../gguf/read-gguf.ts";
import { CATALOGUE, CATALOGUE_ALIASES, findEntry } from "./catalogue.ts";
import { type CatalogueEntry, entrySize } from "./catalogue-entry.ts";
import { shapeOf } from "./local-entry.ts";
import { ENTRY_NAME } from "./user-entries.ts";

const lab = (name: string) => fileURLToPath(new URL(`../../../models/${name}`, import.meta.url));

describe("CATALOGUE", () => {
  it("has every model that users ask for, each under one name", () => {
    const names = CATALOGUE.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    expect(names.every((name) => ENTRY_NAME.test(name))).toBe(true);
    for (const type of ["q4_k_m", "q5_k_m", "q8_0"])
      expect(names).toEqual(
        expect.arrayContaining([`mixtral-8x7b-instruct-${type}`, `mixtral-8x7b-instruct-2023-${type}`]),
      );
    expect(Object.values(CATALOGUE_ALIASES).filter((name) => !names.includes(name))).toEqual([]);
    expect(Object.keys(CATALOGUE_ALIASES).filter((alias) => names.includes(alias))).toEqual([]);
  });

  it.each(CATALOGUE.map((entry) => [entry.name, entry] as const))("%s is consistent", (_name, entry) => {
    const { bundled, repo, shape, published, licence, contextDefault, files } = entry;
    expect(repo === undefined).toBe(bundled === true);
    // Tensors fill the file but for the header, which holds the vocabulary.
    const header = entrySize(entry)! - shape!.sizeBytes;
    expect(header).toBeGreaterThan(20 * shape!.vocabulary);
    expect(header).toBeLessThan(2 ** 21);
    expect(published).toMatch(/^\d{4}-\d\d-\d\d$/);
    expect(licence).not.toBe("unknown");
    expect(contextDefault).toBeLessThanOrEqual(shape!.contextTrained);
    for (const { sha256 } of files) expect(sha256 ?? "0".repeat(64)).toMatch(/^[0-9a-f]{64}$/);
  });

  it.each(["lab-moe", "lab-dense"])("knows the bundled %s as its file is", async (name) => {
    const entry = findEntry(name)!;
    const path = lab(`${name}.gguf`);
    const bytes = readFileSync(path);
    const gguf = await readGguf(path);
    expect(entry.files).toEqual([
      {
        path: `${name}.gguf`,
        sizeBytes: bytes.length,
        sha256: createHash("sha256").update(bytes).digest("hex"),
      },
    ]);
    expect(entry.shape).toEqual(shapeOf(gguf));
    expect(entry.quantisation).toBe(describeModel(gguf).quantisation);
  });
});

// src/llama-quant.cpp, llama_tensor_get_type(): with 8 experts keys and values take Q8_0 and the output of attention
// five bits; the first and last eighth of the layers, and every third between, take 6 bits in ffn_down.
describe("sizes of Mixtral by the tensor types that llama.cpp picks", () => {
  const bytes = (weights: number, type: GgmlTypeName) =>
    (weights / GGML_TYPES[type].blockWeights) * GGML_TYPES[type].blockBytes;
  const sizeOf = (base: GgmlTypeName, more: GgmlTypeName, attention: GgmlTypeName, output: GgmlTypeName) => {
    const { layers, dim, ffn, experts, vocabulary } = findEntry("mixtral-8x7b-instruct")!.shape!;
    let sum = bytes(vocabulary * dim, base) + bytes(vocabulary * dim, output) + bytes(dim, "F32");
    for (let layer = 0; layer < layers; layer++) {
      const isMore = layer < layers / 8 || layer >= (7 * layers) / 8 || (layer - layers / 8) % 3 === 2;
      const matrix = experts * dim * ffn;
      sum += bytes(2 * dim + dim * experts, "F32") + bytes(2 * dim * 1_024, "Q8_0");
      sum += bytes(dim * dim, base) + bytes(dim * dim, attention);
      sum += bytes(2 * matrix, base) + bytes(matrix, isMore ? more : base);
    }
    return sum;
  };

  it.each([
    ["mixtral-8x7b-instruct-q4_k_m", sizeOf("Q4_K", "Q6_K", "Q5_K", "Q6_K")],
    ["mixtral-8x7b-instruct-q5_k_m", sizeOf("Q5_K", "Q6_K", "Q5_K", "Q6_K")],
    ["mixtral-8x7b-instruct-q8_0", sizeOf("Q8_0", "Q8_0", "Q8_0", "Q8_0")],
  ])("%s", (name, size) => {
    const entry = findEntry(name)!;
    expect(entry.shape!.sizeBytes).toBe(size);
    expect(entrySize(entry)! - size).toBe(740_768);
  });
});

describe("findEntry", () => {
  it.each([
    ["Mixtral-8x7B-Instruct", "mixtral-8x7b-instruct-q4_k_m"],
    ["local-mixtral-8x7b-instruct", "mixtral-8x7b-instruct-q4_k_m"],
    ["local-tinyllama-1.1b-chat", "tinyllama-1.1b-chat-q4_k_m"],
    ["LAB-MOE", "lab-moe"],
    ["Mixtral-8x7B-Instruct-v0.1.Q8_0.gguf", "mixtral-8x7b-instruct-q8_0"],
    ["mixtral-8x7b-instruct-v0.1.Q8_0.gguf", "mixtral-8x7b-instruct-2023-q8_0"],
    ["mixtral-8x7b-instruct-v0.1.Q8_0", "mixtral-8x7b-instruct-2023-q8_0"],
    ["constructor", undefined],
    ["", undefined],
  ])("%s is %s", (name, expected) => {
    expect(findEntry(name)?.name).toBe(expected);
  });

  it("asks the user's entries last", () => {
    const own = { ...findEntry("lab-moe")!, title: "mine" };
    const other: CatalogueEntry = { ...own, name: "mine" };
    expect(findEntry("lab-moe", [own])!.title).not.toBe("mine");
    expect(findEntry("Mine", [other])).toBe(other);
  });
});
