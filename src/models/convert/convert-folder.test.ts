import { mkdtemp, readdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { encodeSafetensors, writeSourceFolder } from "../../testing/gguf-source-folder.ts";
import { findTensor, type Gguf } from "../gguf/gguf.ts";
import { bytesAt, numberOf, numbersOf, stringAt, stringsOf, textOf } from "../gguf/metadata.ts";
import { readGguf } from "../gguf/read-gguf.ts";
import { type ConvertOptions, convertFolder } from "./convert-folder.ts";
import { convertFloats } from "./half-floats.ts";

let root: string;
let folder: string;
let output: string;
let number = 0;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "assay-convert-"));
});
beforeEach(() => {
  folder = join(root, `source-${++number}`);
  output = join(root, `model-${number}.gguf`);
});
afterAll(() => rm(root, { recursive: true, force: true }));

const convert = (options: Partial<ConvertOptions> = {}) => convertFolder({ folder, output, ...options });

async function weightsOf(gguf: Gguf, name: string): Promise<Float32Array> {
  const { offset, sizeBytes, type } = findTensor(gguf, name)!;
  const bytes = Uint8Array.from((await readFile(gguf.path)).subarray(offset, offset + sizeBytes));
  return new Float32Array(convertFloats(bytes, type as "F32", "F32").slice().buffer);
}

const floatsOf = (tensor: { bytes: Uint8Array; dtype: string } | undefined) =>
  new Float32Array(
    convertFloats(Uint8Array.from(tensor!.bytes), tensor!.dtype as "F32", "F32").slice().buffer,
  );

describe("convertFolder", () => {
  it("stacks experts, in shards or not, and keeps norms and router in F32", async () => {
    const source = await writeSourceFolder({ folder, shards: 3 });
    expect(await convert()).toMatchObject({ type: "BF16", tensors: 3 + 2 * 10, warnings: [] });
    const gguf = await readGguf(output);
    const up = findTensor(gguf, "blk.1.ffn_up_exps.weight")!;
    expect(up).toMatchObject({ type: "BF16", shape: [64, 96, 4] });
    const stacked = await weightsOf(gguf, up.name);
    for (let expert = 0; expert < 4; expert++) {
      const part = floatsOf(source.get(`model.layers.1.block_sparse_moe.experts.${expert}.w3.weight`));
      expect(stacked.subarray(expert * part.length, (expert + 1) * part.length)).toEqual(part);
    }
    expect(findTensor(gguf, "blk.0.ffn_down_exps.weight")?.shape).toEqual([96, 64, 4]);
    for (const name of ["blk.0.ffn_gate_inp.weight", "blk.1.attn_norm.weight", "output_norm.weight"])
      expect(findTensor(gguf, name)?.type).toBe("F32");
    expect(numberOf(gguf, "llama.expert_used_count")).toBe(2);
  });

  it("turns halves of a head into neighbours in q and k, but not in v", async () => {
    const source = await writeSourceFolder({ folder, architecture: "LlamaForCausalLM", type: "F32" });
    await convert();
    const gguf = await readGguf(output);
    for (const [kind, heads] of [
      ["q", 4],
      ["k", 2],
    ] as const) {
      const from = floatsOf(source.get(`model.layers.0.self_attn.${kind}_proj.weight`));
      const to = await weightsOf(gguf, `blk.0.attn_${kind}.weight`);
      const row = (weights: Float32Array, index: number) => weights.subarray(64 * index, 64 * (index + 1));
      for (let head = 0; head < heads; head++)
        for (let pair = 0; pair < 8; pair++) {
          expect(row(to, head * 16 + 2 * pair)).toEqual(row(from, head * 16 + pair));
          expect(row(to, head * 16 + 2 * pair + 1)).toEqual(row(from, head * 16 + 8 + pair));
        }
    }
    expect(await weightsOf(gguf, "blk.0.attn_v.weight")).toEqual(
      floatsOf(source.get("model.layers.0.self_attn.v_proj.weight")),
    );
  });

  it("converts types, and says when F16 is too narrow", async () => {
    await writeSourceFolder({ folder, type: "F32" });
    await convert({ type: "F16" });
    expect(findTensor(await readGguf(output), "output.weight")?.type).toBe("F16");
    const source = await writeSourceFolder({ folder, type: "F32" });
    const wide = source.get("lm_head.weight")!;
    new Float32Array(wide.bytes.buffer, wide.bytes.byteOffset, 1)[0] = 70_000;
    await writeFile(join(folder, "model.safetensors"), encodeSafetensors([...source.values()]));
    await expect(convert({ type: "F16" })).rejects.toMatchObject({
      code: "MODEL_INVALID",
      hint: expect.stringContaining("BF16"),
    });
    await expect(convert({ type: "BF16" })).resolves.toBeDefined();
  });

  it("carries the tokenizer over and names the rows without a piece", async () => {
    await writeSourceFolder({ folder, chatTemplate: "{{ messages }}" });
    await writeFile(join(folder, "added_tokens.json"), '{"<tool>": 393, "<far>": 4000}');
    const { warnings } = await convert();
    expect(warnings).toEqual([expect.stringContaining('"<far>" has the id 4000')]);
    const gguf = await readGguf(output);
    const tokens = stringsOf(gguf, "tokenizer.ggml.tokens")!;
    const types = numbersOf(gguf, "tokenizer.ggml.token_type")!;
    expect(tokens.ends).toHaveLength(400);
    expect([0, 1, 3, 258, 259, 392, 393].map((id) => [stringAt(tokens, id), types[id]])).toEqual([
      ["<unk>", 2],
      ["<s>", 3],
      ["<0x00>", 6],
      ["<0xFF>", 6],
      ["\u2581", 1],
      ["[PAD392]", 5],
      ["<tool>", 4],
    ]);
    expect(bytesAt(tokens, 259)).toEqual(Uint8Array.of(0xe2, 0x96, 0x81));
    expect(numberOf(gguf, "tokenizer.ggml.eos_token_id")).toBe(2);
    expect(textOf(gguf, "tokenizer.chat_template")).toBe("{{ messages }}");
  });

  it("leaves the output away when it is the embedding", async () => {
    await writeSourceFolder({ folder, config: { tie_word_embeddings: true } });
    await convert();
    expect(findTensor(await readGguf(output), "output.weight")).toBeUndefined();
  });

  it.each([
    ["another architecture", "UNSUPPORTED", /GPT2LMHeadModel/, { architectures: ["GPT2LMHeadModel"] }],
    ["quantised weights", "UNSUPPORTED", /quantised already/, { quantization_config: { bits: 4 } }],
    ["a RoPE it cannot express", "UNSUPPORTED", /llama3/, { rope_scaling: { rope_type: "llama3" } }],
    ["no layers", "MODEL_INVALID", /num_hidden_layers/, { num_hidden_layers: 0 }],
    ["layers beyond reason", "MODEL_INVALID", /num_hidden_layers/, { num_hidden_layers: 1e9 }],
    [
      "more layers than weights",
      "MODEL_INVALID",
      /lacks the tensor "model\.layers\.2/,
      { num_hidden_layers: 3 },
    ],
    ["fewer layers than weights", "UNSUPPORTED", /without a place/, { num_hidden_layers: 1 }],
    [
      "a wrong shape",
      "MODEL_INVALID",
      /config\.json asks for \[96,64\]|asks for/,
      { intermediate_size: 128 },
    ],
    ["a smaller vocabulary", "MODEL_INVALID", /asks for \[300,64\]/, { vocab_size: 300 }],
  ])("refuses %s", async (_, code, message, config) => {
    await writeSourceFolder({ folder, config });
    await expect(convert()).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
    expect(await readdir(root)).not.toContain(`model-${number}.gguf`);
  });

  it.each([
    ["a missing shard", "MODEL_INVALID", async () => rm(join(folder, "model-00002-of-00002.safetensors"))],
    [
      "a truncated shard",
      "MODEL_INVALID",
      async () => truncate(join(folder, "model-00001-of-00002.safetensors"), 20_000),
    ],
    [
      "a shard without a header",
      "MODEL_INVALID",
      async () => writeFile(join(folder, "model-00001-of-00002.safetensors"), "no"),
    ],
    [
      "a header longer than the file",
      "MODEL_INVALID",
      async () => writeFile(join(folder, "model-00001-of-00002.safetensors"), Buffer.alloc(64, 0x7f)),
    ],
    [
      "an index that leaves the folder",
      "MODEL_INVALID",
      async () =>
        writeFile(join(folder, "model.safetensors.index.json"), '{"weight_map": {"a": "../a.safetensors"}}'),
    ],
    ["no tokenizer", "UNSUPPORTED", async () => rm(join(folder, "tokenizer.model"))],
    [
      "a Git LFS pointer",
      "MODEL_INVALID",
      async () => writeFile(join(folder, "tokenizer.model"), "version https://git-lfs.github.com/spec/v1\n"),
    ],
    ["broken JSON", "MODEL_INVALID", async () => writeFile(join(folder, "config.json"), "{")],
    ["no configuration", "MODEL_NOT_FOUND", async () => rm(join(folder, "config.json"))],
    [
      "pickled weights",
      "UNSUPPORTED",
      async () => {
        for (const name of await readdir(folder))
          if (name.includes("safetensors")) await rm(join(folder, name));
        await writeFile(join(folder, "pytorch_model.bin"), "");
      },
    ],
  ])("refuses a folder with %s", async (_, code, damage) => {
    await writeSourceFolder({ folder, shards: 2 });
    await damage();
    await expect(convert()).rejects.toMatchObject({ code, hint: expect.anything() });
  });

  it("refuses damaged weights and leaves nothing behind", async () => {
    const source = await writeSourceFolder({ folder, type: "F32" });
    const damaged = source.get("model.norm.weight")!;
    damaged.bytes.fill(0xff, 0, 4);
    await writeFile(join(folder, "model.safetensors"), encodeSafetensors([...source.values()]));
    await writeFile(output, "the model of yesterday");
    await expect(convert()).rejects.toMatchObject({
      code: "MODEL_INVALID",
      message: expect.stringContaining("model.norm.weight"),
    });
    expect(await readFile(output, "utf8")).toBe("the model of yesterday");
    expect((await readdir(root)).filter((name) => name.startsWith(`model-${number}.gguf.`))).toEqual([]);
  });

  it("stops when asked and leaves nothing behind", async () => {
    await writeSourceFolder({ folder });
    const stop = new AbortController();
    const converting = convert({ signal: stop.signal, onProgress: () => stop.abort() });
    await expect(converting).rejects.toMatchObject({ code: "CANCELLED" });
    expect((await readdir(root)).filter((name) => name.startsWith(`model-${number}`))).toEqual([]);
  });
});
