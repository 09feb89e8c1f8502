// Files of December 2023 and what becomes of them: refused by llama.cpp, planned, repaired, the same to the bit.

import { createHash } from "node:crypto";
import { closeSync, openSync, readSync, writeSync } from "node:fs";
import { link, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openLocalModel } from "../../src/engine/index.ts";
import { isAppError } from "../../src/errors.ts";
import { loadLibrary, loadModel } from "../../src/llama/index.ts";
import { toF16 } from "../../src/models/convert/half-floats.ts";
import {
  findTensor,
  GGML_TYPES,
  type GgufValue,
  planRepair,
  readGguf,
  repairModel,
} from "../../src/models/index.ts";
import { createRandom } from "../../src/random.ts";
import {
  type TensorToWrite,
  writeGguf,
  writeRandomModel,
  writeSparseMixtral,
} from "../../src/testing/index.ts";
import { splitExperts } from "../support/split-experts.ts";

const LAB_MOE = "models/lab-moe.gguf";
let folder: string;
let legacy: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "assay-repair-"));
  legacy = await splitExperts({ input: LAB_MOE, output: join(folder, "legacy.gguf") });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const out = (name: string) => join(folder, name);

/** Next-token distributions after every token of some prompts, to the bit. */
async function distributionBits(path: string): Promise<string> {
  const model = await openLocalModel({ path, gpu: "off", threads: 2, context: 256 });
  const hash = createHash("sha256");
  try {
    for (const text of ["The quick brown fox", "Add 7 and 5.", "[INST] Repeat: water [/INST]"])
      for await (const row of model.distributions(await model.tokenize(text, { bos: true })))
        hash.update(new Uint8Array(row.buffer, row.byteOffset, row.byteLength));
  } finally {
    await model.close();
  }
  return hash.digest("hex");
}

const left = async (name: string) => (await readdir(folder)).filter((file) => file.startsWith(name));

describe("lab-moe taken apart", () => {
  it("is refused by llama.cpp, and by Assay with the command that repairs it", async () => {
    await expect(
      loadModel(loadLibrary({ gpu: "off" }), { path: legacy, gpuLayers: 0 }),
    ).rejects.toMatchObject({
      code: "MODEL_LOAD",
    });
    await expect(openLocalModel({ path: legacy })).rejects.toMatchObject({
      code: "MODEL_INVALID",
      hint: expect.stringContaining(`assay models repair ${legacy} --output`),
    });
  });

  it("becomes lab-moe again, byte for byte, with a proof of every tensor and the same logits", async () => {
    const output = out("repaired.gguf");
    const result = await repairModel({ input: legacy, output });
    expect((await readFile(output)).equals(await readFile(LAB_MOE))).toBe(true);
    expect(await distributionBits(output)).toBe(await distributionBits(LAB_MOE));
    const whole = await readFile(LAB_MOE);
    const { offset, sizeBytes } = findTensor(await readGguf(LAB_MOE), "blk.2.ffn_up_exps.weight")!;
    const size = sizeBytes / 8;
    const fifth = whole.subarray(offset + 5 * size, offset + 6 * size);
    expect(result?.proof.find(({ name }) => name === "blk.2.ffn_up.5.weight")).toEqual({
      name: "blk.2.ffn_up.5.weight",
      sha256: createHash("sha256").update(fifth).digest("hex"),
      sizeBytes: size,
    });
    expect(result?.proof).toHaveLength((await readGguf(legacy)).tensors.length);
  }, 60_000);

  it("in shards becomes one file", async () => {
    const gguf = await readGguf(legacy);
    const bytes = new Uint8Array(await readFile(legacy));
    const paths = [1, 2].map((number) => out(`part-0000${number}-of-00002.gguf`));
    for (const [no, path] of paths.entries()) {
      // The cut goes through a layer's experts.
      const tensors = no === 0 ? gguf.tensors.slice(0, 40) : gguf.tensors.slice(40);
      const split: [string, GgufValue][] = [
        ["split.no", { type: "uint16", value: no }],
        ["split.count", { type: "uint16", value: 2 }],
        ["split.tensors.count", { type: "int32", value: gguf.tensors.length }],
      ];
      await writeGguf({
        path,
        metadata: [...(no === 0 ? gguf.metadata : []), ...split],
        tensors: tensors.map(({ name, type, shape, offset, sizeBytes }) => ({
          name,
          type,
          shape,
          data: bytes.subarray(offset, offset + sizeBytes),
        })),
      });
    }
    const result = await repairModel({ input: paths[1]!, output: out("joined.gguf") });
    expect(result?.plan.changes).toEqual([expect.stringContaining("split.no")]);
    expect((await readFile(out("joined.gguf"))).equals(await readFile(LAB_MOE))).toBe(true);
    await expect(repairModel({ input: paths[0]!, output: paths[1]! })).rejects.toMatchObject({
      code: "USAGE",
    });
  });

  it("is not written over, also not through a link", async () => {
    await link(legacy, out("link.gguf"));
    for (const output of [legacy, out("link.gguf")])
      await expect(repairModel({ input: legacy, output })).rejects.toMatchObject({ code: "USAGE" });
  });

  it("leaves nothing when it is stopped, and nothing when the result does not load", async () => {
    const controller = new AbortController();
    const stopped = repairModel({
      input: legacy,
      output: out("stopped.gguf"),
      signal: controller.signal,
      onProgress: (done) => done > 5e6 && controller.abort(),
    });
    await expect(stopped).rejects.toMatchObject({ code: "CANCELLED" });
    const tryOut = async () => {
      throw new Error("does not load");
    };
    await expect(repairModel({ input: legacy, output: out("stopped.gguf"), tryOut })).rejects.toThrow(
      "does not load",
    );
    expect(await left("stopped")).toEqual([]);
  });

  it("notices a byte that reads back otherwise than it was written", async () => {
    let isSpoilt = false;
    const spoilt = repairModel({
      input: legacy,
      output: out("spoilt.gguf"),
      onProgress(done) {
        if (isSpoilt || done < 2 ** 20) return;
        isSpoilt = true;
        const file = openSync(out(`spoilt.gguf.partial-${process.pid}`), "r+");
        writeSync(file, Uint8Array.of(0x5a, 0xa5, 0x5a), 0, 3, 2 ** 20);
        closeSync(file);
      },
    });
    await expect(spoilt).rejects.toMatchObject({
      code: "DATA_UNAVAILABLE",
      message: expect.stringContaining("does not read back"),
    });
    expect(isSpoilt).toBe(true);
    expect(await left("spoilt")).toEqual([]);
  });
});

describe("a file that needs no repair", () => {
  it("is left alone", async () => {
    expect(await repairModel({ input: LAB_MOE, output: out("same.gguf") })).toBeUndefined();
    expect(await left("same")).toEqual([]);
  });
});

describe("the plan for Mixtral 8x7B", () => {
  it("puts every expert where the format asks for it", async () => {
    const path = await writeSparseMixtral({ path: out("mixtral.gguf"), layout: "legacy" });
    const source = await readGguf(path);
    const plan = planRepair(source)!;

    // By hand: what stands in the old header, less its tensor table, plus the new table; then all sizes in order.
    const { dataOffset } = source.shards[0]!;
    const head = Buffer.alloc(dataOffset);
    const file = openSync(path, "r");
    readSync(file, head, 0, dataOffset, 0);
    closeSync(file);
    const rowBytes = (name: string, dimensions: number) => 8 + name.length + 4 + 8 * dimensions + 4 + 8;
    const last = source.tensors.at(-1)!;
    const tableEnd = head.lastIndexOf(last.name) - 8 + rowBytes(last.name, last.shape.length);
    const oldTable = source.tensors.reduce((sum, { name, shape }) => sum + rowBytes(name, shape.length), 0);
    const expected: { name: string; experts: number; bytes: number; dimensions: number }[] = [];
    const bytesOf = { F32: 4, F16: 2, Q8_0: 34 / 32, Q4_K: 144 / 256, Q6_K: 210 / 256 };
    for (const { name, type, shape } of source.tensors) {
      const [, block, matrix, expert] = /^(blk\.\d+)\.ffn_(gate|up|down)\.(\d)\.weight$/.exec(name) ?? [];
      if (expert !== undefined && expert !== "0") continue;
      const bytes = shape.reduce((a, b) => a * b, 1) * bytesOf[type as keyof typeof bytesOf];
      if (expert === undefined) expected.push({ name, experts: 1, bytes, dimensions: shape.length });
      else expected.push({ name: `${block}.ffn_${matrix}_exps.weight`, experts: 8, bytes, dimensions: 3 });
    }
    const newTable = expected.reduce((sum, { name, dimensions }) => sum + rowBytes(name, dimensions), 0);
    let at = Math.ceil((tableEnd - oldTable + newTable) / 32) * 32;
    expect(plan.layout.dataOffset).toBe(at);
    expect(plan.tensors).toHaveLength(995 - 768 + 96);
    for (const [index, { name, experts, bytes }] of expected.entries()) {
      const planned = plan.tensors[index]!;
      expect(planned).toMatchObject({ name, offset: at, sizeBytes: experts * bytes });
      if (experts === 8) {
        expect(planned.shape.at(-1)).toBe(8);
        const names = Array.from({ length: 8 }, (_, e) => name.replace("_exps.", `.${e}.`));
        expect(planned.pieces.map((piece) => piece.name)).toEqual(names);
      }
      at += Math.ceil((experts * bytes) / 32) * 32;
    }
    expect(plan.layout.fileSize).toBe(at);
    expect(plan).toMatchObject({ layers: 32, experts: 8, changes: [], warnings: [] });
  });
});

const TYPES = ["F32", "F16", "Q8_0", "Q4_K", "Q6_K"] as const;
const mixture = fc.record({
  experts: fc.integer({ min: 1, max: 12 }),
  layers: fc.integer({ min: 1, max: 3 }),
  rows: fc.integer({ min: 1, max: 5 }),
  types: fc.array(fc.constantFrom(...TYPES), { minLength: 9, maxLength: 9 }),
  alignment: fc.constantFrom(32, 64, 4_096),
  order: fc.infiniteStream(fc.nat()),
  seed: fc.nat(),
});

/** Metadata that a repair asks for. */
const metadataOf = (experts: number): [string, GgufValue][] => [
  ["general.architecture", { type: "string", value: "llama" }],
  ["llama.expert_count", { type: "uint32", value: experts }],
  ["llama.expert_used_count", { type: "uint32", value: 1 }],
];

describe("any mixture", () => {
  it("keeps the bytes of every expert", async () => {
    await fc.assert(
      fc.asyncProperty(mixture, async ({ experts, layers, rows, types, alignment, order, seed }) => {
        const random = createRandom(seed);
        const tensors: TensorToWrite[] = [];
        const add = (name: string, type: (typeof TYPES)[number]) => {
          const { blockBytes } = GGML_TYPES[type];
          const columns = 256;
          const size = (columns / GGML_TYPES[type].blockWeights) * blockBytes * rows;
          const data = Uint8Array.from({ length: size }, () => 256 * random());
          tensors.push({ name, type, shape: [columns, rows], data });
        };
        add("token_embd.weight", "F16");
        for (let layer = 0; layer < layers; layer++)
          for (const [index, matrix] of ["gate", "up", "down"].entries())
            for (let e = 0; e < experts; e++)
              add(`blk.${layer}.ffn_${matrix}.${e}.weight`, types[3 * layer + index]!);
        const keyed = tensors.map((tensor) => ({ tensor, key: order.next().value as number }));
        const input = out("any-legacy.gguf");
        await writeGguf({
          path: input,
          metadata: [...metadataOf(experts), ["general.alignment", { type: "uint32", value: alignment }]],
          tensors: keyed.toSorted((a, b) => a.key - b.key).map(({ tensor }) => tensor),
        });
        const output = out("any-merged.gguf");
        await repairModel({ input, output });
        const bytes = await readFile(output);
        const gguf = await readGguf(output);
        for (const { name, data } of tensors) {
          const [, stem, expert] = /^(.*)\.(\d+)\.weight$/.exec(name) ?? [];
          const found = findTensor(gguf, stem === undefined ? name : `${stem}_exps.weight`)!;
          const size = (data as Uint8Array).length;
          const start = found.offset + Number(expert ?? 0) * size;
          expect(bytes.subarray(start, start + size).equals(data as Uint8Array)).toBe(true);
        }
        expect(gguf.tensors).toHaveLength(1 + 3 * layers);
      }),
      { numRuns: 25 },
    );
  }, 60_000);

  it("of any float or block type loads with a router in F16, as the old files have it", async () => {
    const merged = await writeRandomModel({ path: out("router.gguf"), layers: 1, type: "F16" });
    const input = await splitExperts({
      input: merged,
      output: out("router-legacy.gguf"),
      change: ({ tensors }) => {
        const index = tensors.findIndex(({ name }) => name === "blk.0.ffn_gate_inp.weight");
        const router = tensors[index]!;
        const floats = new Float32Array(Uint8Array.from(router.data as Uint8Array).buffer);
        const data = new Uint8Array(Uint16Array.from(floats, toF16).buffer);
        tensors[index] = { ...router, type: "F16", data };
      },
    });
    await repairModel({ input, output: out("router-merged.gguf") });
    const model = await openLocalModel({ path: out("router-merged.gguf"), gpu: "off", context: 64 });
    const rows: number[] = [];
    for await (const row of model.distributions([1, 300, 301])) rows.push(row.length);
    await model.close();
    expect(rows).toEqual([1_024, 1_024, 1_024]);
  });
});

describe("what cannot be repaired", () => {
  const matrix = (name: string, type: "F32" | "F16" = "F32", rows = 2): TensorToWrite => ({
    name,
    type,
    shape: [4, rows],
    data: new Uint8Array(4 * rows * GGML_TYPES[type].blockBytes),
  });
  const expert = (number: number, type?: "F16", rows?: number) =>
    matrix(`blk.0.ffn_up.${number}.weight`, type, rows);
  const two = [expert(0), expert(1)];

  it.each([
    [
      "experts of two types",
      "UNSUPPORTED",
      [expert(0), expert(1, "F16")],
      /ffn_up\.0\.weight F32.*ffn_up\.1\.weight F16/,
    ],
    ["an expert that is missing", "MODEL_INVALID", [expert(0), expert(2)], /lacks expert 1/],
    ["an expert of another shape", "MODEL_INVALID", [expert(0), expert(1, undefined, 3)], /\[4,3\]/],
    ["layers of unequal count", "MODEL_INVALID", [...two, matrix("blk.1.ffn_up.0.weight")], /has 2/],
    ["both layouts", "MODEL_INVALID", [...two, matrix("blk.0.ffn_up_exps.weight")], /both merged and split/],
    ["an expert far out", "MODEL_INVALID", [expert(0), expert(4_000_000_000)], /lacks expert 1/],
  ])("%s", async (_, code, tensors, message) => {
    const path = out("bad.gguf");
    await writeGguf({ path, metadata: metadataOf(2), tensors });
    const failing = repairModel({ input: path, output: out("bad-out.gguf") });
    await expect(failing).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
    await expect(failing).rejects.toSatisfy((error) => isAppError(error) && error.hint !== undefined);
    expect(await left("bad-out")).toEqual([]);
  });

  it("a file that contradicts itself, or does not say how many experts answer", async () => {
    const path = out("counts.gguf");
    const repair = async (metadata: [string, GgufValue][]) => {
      await writeGguf({ path, metadata, tensors: two });
      return repairModel({ input: path, output: out("counts-out.gguf") });
    };
    await expect(repair(metadataOf(8))).rejects.toThrow(/8 experts, its layers hold 2/);
    await expect(repair(metadataOf(2).slice(0, 2))).rejects.toThrow(/expert_used_count is missing/);
    // Names from the file reach the terminal only in printable form.
    const hostile: [string, GgufValue] = ["general.architecture", { type: "string", value: "\u001b[2J" }];
    await expect(repair([hostile])).rejects.toThrow("\\x1b[2J.expert_used_count is missing");
  });
});

describe("metadata", () => {
  it("that the tensors tell are filled in, and what they do not tell is a warning", async () => {
    const path = out("sparse-words.gguf");
    const q8 = (name: string): TensorToWrite => ({
      name,
      type: "Q8_0",
      shape: [32, 2],
      data: new Uint8Array(68),
    });
    await writeGguf({
      path,
      metadata: [["llama.expert_used_count", { type: "uint32", value: 2 }]],
      tensors: [q8("blk.0.ffn_up.0.weight"), q8("blk.0.ffn_up.1.weight")],
    });
    const result = await repairModel({ input: path, output: out("filled.gguf") });
    const { metadata } = await readGguf(out("filled.gguf"));
    expect(metadata.get("general.architecture")).toEqual({ type: "string", value: "llama" });
    expect(metadata.get("llama.expert_count")).toEqual({ type: "uint32", value: 2 });
    expect(metadata.get("general.file_type")).toEqual({ type: "uint32", value: 7 });
    expect(metadata.get("general.quantization_version")).toEqual({ type: "uint32", value: 2 });
    expect(result?.plan.changes).toHaveLength(4);
    expect(result?.plan.warnings).toEqual([expect.stringContaining("rope base")]);
  });
});

describe("memory", () => {
  it("does not grow with the file", async () => {
    const path = out("large.gguf");
    const rows = 12_288;
    await writeGguf({
      path,
      metadata: metadataOf(4),
      tensors: [0, 1, 2, 3].map((e) => ({
        name: `blk.0.ffn_up.${e}.weight`,
        type: "F16" as const,
        shape: [4_096, rows],
        data: "hole" as const,
      })),
    });
    const before = process.memoryUsage().rss;
    let most = before;
    await repairModel({
      input: path,
      output: out("large-out.gguf"),
      onProgress: () => (most = Math.max(most, process.memoryUsage().rss)),
    });
    // 403 MB went through.
    expect(most - before).toBeLessThan(150e6);
  });
});
