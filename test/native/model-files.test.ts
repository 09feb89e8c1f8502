// Model files and llama.cpp together: quantising, streaming rows, loading what was written.

import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadLibrary, loadModel, type QuantType, rowDecoder } from "../../src/llama/index.ts";
import {
  describeModel,
  findTensor,
  GGML_TYPES,
  quantise,
  readGguf,
  resolveModel,
  streamRows,
} from "../../src/models/index.ts";
import { writeEmbeddingFile, writeRandomModel, writeSourceFolder } from "../../src/testing/index.ts";

let folder: string;
let floats: string;
const library = loadLibrary();

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "assay-files-"));
  floats = await writeRandomModel({ path: join(folder, "floats.gguf"), type: "F32" });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function allRows(path: string, tensor: string, rowsPerChunk?: number): Promise<Float32Array> {
  const gguf = await readGguf(path);
  const { shape } = findTensor(gguf, tensor)!;
  const out = new Float32Array(shape.reduce((product, size) => product * size, 1));
  for await (const { first, columns, data } of streamRows(
    library,
    gguf,
    tensor,
    rowsPerChunk ? { rowsPerChunk } : {},
  ))
    out.set(data, first * columns);
  return out;
}

describe("quantise", () => {
  it.each(["F16", "BF16", "Q8_0", "Q4_K_M", "Q5_K_M"] satisfies QuantType[])(
    "to %s makes a file that loads",
    async (type) => {
      const output = join(folder, `${type}.gguf`);
      const result = await quantise(library, { input: floats, output, type });
      expect(result).toMatchObject({ path: output, warnings: [] });
      const described = describeModel(await readGguf(output));
      expect(described.quantisation).toBe(type);
      const model = await loadModel(library, { path: output, gpuLayers: 0 });
      expect(model.parameters).toBe(described.parameters);
      model.dispose();
    },
  );

  it("says when rows are no multiples of 256", async () => {
    const narrow = await writeRandomModel({
      path: join(folder, "narrow.gguf"),
      dim: 64,
      ffn: 96,
      experts: 0,
    });
    const { warnings } = await quantise(library, {
      input: narrow,
      output: join(folder, "narrow.Q4.gguf"),
      type: "Q4_K_M",
    });
    expect(warnings).toEqual([expect.stringMatching(/rows of 64, 96 weights, not a multiple of 256/)]);
  });

  it("refuses a truncated input and leaves nothing behind", async () => {
    const input = join(folder, "cut.gguf");
    await writeFile(input, (await readFile(floats)).subarray(0, -1_000));
    const quantising = quantise(library, { input, output: join(folder, "cut.Q8_0.gguf"), type: "Q8_0" });
    await expect(quantising).rejects.toMatchObject({ code: "MODEL_INVALID" });
    expect((await readdir(folder)).filter((name) => name.startsWith("cut.Q8_0"))).toEqual([]);
  });

  it("does not replace its own input", async () => {
    await expect(quantise(library, { input: floats, output: floats, type: "Q8_0" })).rejects.toMatchObject({
      code: "USAGE",
    });
  });
});

describe("a Hugging Face folder", () => {
  it("is quantised into the cache as --quant-type says", async () => {
    const source = join(folder, "source");
    await writeSourceFolder({ folder: source });
    const warnings: string[] = [];
    const stages = new Set<string>();
    const model = await resolveModel(source, {
      cwd: folder,
      cacheDir: join(folder, "cache"),
      bundledDir: folder,
      quantType: "int8",
      onProgress: (stage) => stages.add(stage),
      onWarning: (message) => warnings.push(message),
    });
    expect(describeModel(model.gguf).quantisation).toBe("Q8_0");
    expect(warnings).toEqual([]);
    expect([...stages]).toContain("convert");
    expect(await readdir(join(folder, "cache"))).toEqual([
      expect.stringMatching(/^source-[0-9a-f]{16}-Q8_0\.gguf$/),
    ]);
  });
});

describe("streamRows", () => {
  it("gives the weights as they are stored, in chunks of any size", async () => {
    const gguf = await readGguf(floats);
    const { offset, sizeBytes } = findTensor(gguf, "blk.1.ffn_up_exps.weight")!;
    const stored = new Float32Array(
      Uint8Array.from((await readFile(floats)).subarray(offset, offset + sizeBytes)).buffer,
    );
    for (const rowsPerChunk of [1_000, 7, undefined]) {
      const read = await allRows(floats, "blk.1.ffn_up_exps.weight", rowsPerChunk);
      expect(Buffer.from(read.buffer).equals(Buffer.from(stored.buffer))).toBe(true);
    }
  });

  it.each(["BF16", "F16", "Q8_0", "Q4_K_M"] satisfies QuantType[])(
    "dequantises %s near the originals",
    async (type) => {
      const path = join(folder, `near.${type}.gguf`);
      await quantise(library, { input: floats, output: path, type });
      const exact = await allRows(floats, "token_embd.weight");
      const near = await allRows(path, "token_embd.weight", 100);
      const error = Math.sqrt(exact.reduce((sum, value, index) => sum + (value - near[index]!) ** 2, 0));
      const norm = Math.sqrt(exact.reduce((sum, value) => sum + value ** 2, 0));
      expect(error / norm).toBeLessThan(type === "Q4_K_M" ? 0.1 : 0.01);
    },
  );

  it("lets the reader leave early", async () => {
    const gguf = await readGguf(floats);
    for await (const { first } of streamRows(library, gguf, "token_embd.weight", { rowsPerChunk: 10 }))
      if (first >= 20) break;
    const stop = new AbortController();
    const reading = (async () => {
      for await (const _ of streamRows(library, gguf, "token_embd.weight", {
        rowsPerChunk: 10,
        signal: stop.signal,
      }))
        stop.abort();
    })();
    await expect(reading).rejects.toMatchObject({ code: "CANCELLED" });
    await expect(streamRows(library, gguf, "output.bias").next()).rejects.toMatchObject({
      code: "MODEL_INVALID",
    });
  });

  it("reads matrices of random blocks as finite numbers", async () => {
    const path = await writeEmbeddingFile({ path: join(folder, "blocks.gguf"), vocabulary: 500, dim: 512 });
    for (const tensor of ["token_embd.weight", "output.weight"]) {
      const rows = await allRows(path, tensor);
      expect(rows).toHaveLength(500 * 512);
      expect(rows.every(Number.isFinite)).toBe(true);
      expect(new Set(rows).size).toBeGreaterThan(1_000);
    }
  });
});

it("knows the block sizes that ggml has", () => {
  for (const [name, { id, blockWeights, blockBytes }] of Object.entries(GGML_TYPES)) {
    if (["I8", "I16", "I32", "I64", "F64", "Q8_1", "Q8_K"].includes(name)) continue;
    expect({ name, ...pick(rowDecoder(library, id)) }).toEqual({ name, blockWeights, blockBytes });
  }
});

const pick = ({ blockWeights, blockBytes }: { blockWeights: number; blockBytes: number }) => ({
  blockWeights,
  blockBytes,
});
