// Folders as nobody should send them: each is refused with a reason, and no file comes of it.

import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import {
  encodeSafetensors,
  encodeSentencePiece,
  writeSourceFolder,
} from "../../testing/gguf-source-folder.ts";
import { syntheticPieces } from "../../testing/gguf-vocabulary.ts";
import { numbersOf, stringAt, stringsOf } from "../gguf/metadata.ts";
import { readGguf } from "../gguf/read-gguf.ts";
import { fingerprintFolder } from "../hugging-face-folder.ts";
import { convertFolder } from "./convert-folder.ts";
import { PIECE_TYPE, type Piece } from "./sentencepiece.ts";

let root: string;
let folder: string;
let output: string;
let number = 0;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "assay-hostile-"));
});
beforeEach(() => {
  folder = join(root, `source-${++number}`);
  output = join(root, `model-${number}.gguf`);
});
afterAll(() => rm(root, { recursive: true, force: true }));

const at = (name: string) => join(folder, name);
const json = (name: string, value: unknown) => writeFile(at(name), JSON.stringify(value));
const convert = () => convertFolder({ folder, output });

/** A safetensors file of one header and so many bytes. */
function shard(header: unknown, bytes = 0, length?: bigint): Buffer {
  const text = Buffer.from(JSON.stringify(header));
  const prefix = Buffer.alloc(8);
  prefix.writeBigUInt64LE(length ?? BigInt(text.length));
  return Buffer.concat([prefix, text, Buffer.alloc(bytes)]);
}

const entry = (shape: unknown, offsets: unknown, dtype: unknown = "BF16") => ({
  "model.norm.weight": { dtype, shape, data_offsets: offsets },
});

describe("weights", () => {
  it.each([
    ["sizes that overflow", shard(entry([2 ** 40, 2 ** 40], [0, 4]), 4), /does not fill/],
    ["a size that is no number", shard(entry(["2"], [0, 4]), 4), /malformed/],
    ["negative sizes", shard(entry([-2, -1], [0, 4]), 4), /malformed/],
    ["places backwards", shard(entry([2], [4, 0]), 4), /does not fill/],
    ["places beyond the file", shard(entry([2], [2 ** 50, 2 ** 50 + 4]), 4), /the file ends/],
    ["one place", shard(entry([2], [0]), 4), /malformed/],
    ["another type", shard(entry([2], [0, 4], "\u001b[31mF8"), 4), /has the type \\x1b/],
    ["a header of 2^63 bytes", shard({}, 0, 2n ** 63n), /header should have/],
    ["a header of the whole disk", shard({}, 0, 2n ** 40n), /header should have/],
    ["a header that is a list", shard([[1]]), /malformed/],
    ["a header that is null", shard(null), /lacks the tensor/],
    ["nothing at all", Buffer.alloc(0), /header should have/],
  ])("refuses %s", async (_, bytes, message) => {
    await writeSourceFolder({ folder });
    await writeFile(at("model.safetensors"), bytes);
    await expect(convert()).rejects.toMatchObject({
      code: expect.stringMatching(/^(MODEL_INVALID|UNSUPPORTED)$/),
      message: expect.stringMatching(message),
    });
    expect(await readdir(root)).not.toContain(`model-${number}.gguf`);
  });

  it.each([
    ["../../../etc/passwd", /no safetensors file of the folder/],
    ["../model.safetensors", /no safetensors file of the folder/],
    ["/tmp/model.safetensors", /no safetensors file of the folder/],
    ["..\\model.safetensors", /lacks 1 of 1 shards/],
    ["model-00009-of-00009.safetensors", /lacks 1 of 1 shards/],
  ])("never leaves the folder for %s of the index", async (name, message) => {
    await writeSourceFolder({ folder });
    await json("model.safetensors.index.json", { weight_map: { "model.norm.weight": name } });
    await expect(convert()).rejects.toMatchObject({
      code: "MODEL_INVALID",
      message: expect.stringMatching(message),
    });
  });

  it("refuses a tensor that two shards have", async () => {
    const source = await writeSourceFolder({ folder, shards: 2 });
    const shards = (await readdir(folder)).filter((name) => name.endsWith(".safetensors"));
    for (const name of shards) await writeFile(at(name), encodeSafetensors([...source.values()]));
    await expect(convert()).rejects.toMatchObject({
      code: "MODEL_INVALID",
      message: expect.stringContaining("twice"),
    });
  });

  it.skipIf(process.platform === "win32")("waits for no pipe and reads no folder", async () => {
    await writeSourceFolder({ folder });
    await mkdir(at("extra.json"));
    await expect(fingerprintFolder(folder)).resolves.toMatch(/^[0-9a-f]{64}$/);
    for (const name of ["model.safetensors", "tokenizer.model", "config.json"]) {
      await rm(at(name));
      execFileSync("mkfifo", [at(name)]);
      await expect(convert()).rejects.toMatchObject({
        code: "MODEL_INVALID",
        message: expect.stringContaining("no file"),
      });
    }
  });

  it.skipIf(process.platform === "win32")("follows links, as download caches are made of them", async () => {
    await writeSourceFolder({ folder: join(root, "blobs") });
    await mkdir(folder);
    for (const name of await readdir(join(root, "blobs"))) await symlink(join(root, "blobs", name), at(name));
    await expect(convert()).resolves.toMatchObject({ warnings: [] });
  });

  it("takes shards of several types, and the type of most weights", async () => {
    const source = await writeSourceFolder({ folder, type: "F32" });
    const halves = await writeSourceFolder({ folder: join(root, "halves"), type: "F16" });
    const mixed = [...source.values()].map((tensor, index) =>
      index % 5 === 1 ? tensor : halves.get(tensor.name)!,
    );
    await writeFile(at("model.safetensors"), encodeSafetensors(mixed));
    const { type } = await convert();
    expect(type).toBe("F16");
    const { tensors } = await readGguf(output);
    expect(new Set(tensors.map((tensor) => tensor.type))).toEqual(new Set(["F16", "F32"]));
  });

  it("takes the embedding for an output that is not there, unless config.json says there is one", async () => {
    const source = await writeSourceFolder({ folder });
    source.delete("lm_head.weight");
    await writeFile(at("model.safetensors"), encodeSafetensors([...source.values()]));
    expect((await convert()).warnings).toEqual([expect.stringContaining("lm_head.weight")]);
    const config = JSON.parse(await readFile(at("config.json"), "utf8"));
    await json("config.json", { ...config, tie_word_embeddings: false });
    await expect(convert()).rejects.toMatchObject({ message: expect.stringContaining("lm_head") });
  });
});

describe("the tokenizer", () => {
  const pieces = syntheticPieces(392);
  const withPiece = (id: number, change: Partial<Piece>) =>
    encodeSentencePiece(pieces.with(id, { ...pieces[id]!, ...change }));

  it.each([
    ["a score that is no number", withPiece(300, { score: Number.NaN }), /piece 300 has a score/],
    ["an endless score", withPiece(300, { score: Number.POSITIVE_INFINITY }), /piece 300 has a score/],
    ["a kind that there is not", withPiece(300, { type: 77 }), /piece 300 has a score or type/],
    ["a text twice", withPiece(300, { text: pieces[301]!.text }), /300 and 301 have the same text/],
    ["no token for a byte", withPiece(3 + 65, { text: Buffer.from("A!") }), /no token for the byte 65/],
    [
      "more pieces than rows",
      encodeSentencePiece(syntheticPieces(450)),
      /450 pieces, the embedding 400 rows/,
    ],
    ["half a model", encodeSentencePiece(pieces).subarray(0, 3_000), /damaged/],
  ])("with %s is refused before llama.cpp sees it", async (_, bytes, message) => {
    await writeSourceFolder({ folder });
    await writeFile(at("tokenizer.model"), bytes);
    await expect(convert()).rejects.toMatchObject({ message: expect.stringMatching(message) });
  });

  it("takes added tokens from three files, the last one over the others", async () => {
    await writeSourceFolder({ folder, tokenizer: "tokenizer.json" });
    const tokenizer = JSON.parse(await readFile(at("tokenizer.json"), "utf8"));
    tokenizer.added_tokens.push({ id: 392, content: "<a>", special: false });
    await json("tokenizer.json", tokenizer);
    await json("added_tokens.json", { "<b>": 393, "<c>": 394, "<none>": null, "</s>": 395 });
    await json("tokenizer_config.json", {
      added_tokens_decoder: {
        394: { content: "<|end|>", special: false },
        396: { content: "two\u2581words" },
        "": { content: "<empty>" },
      },
    });
    const { warnings } = await convert();
    expect(warnings.map((warning) => warning.match(/"(.+?)"/)?.[1])).toEqual(["<none>", "<empty>", "</s>"]);
    const gguf = await readGguf(output);
    const tokens = stringsOf(gguf, "tokenizer.ggml.tokens")!;
    const types = numbersOf(gguf, "tokenizer.ggml.token_type")!;
    expect([0, 392, 393, 394, 395, 396].map((id) => [stringAt(tokens, id), types[id]])).toEqual([
      ["<unk>", PIECE_TYPE.unknown],
      ["<a>", PIECE_TYPE.user],
      ["<b>", PIECE_TYPE.user],
      // Looks like the end of a turn, whatever the list says.
      ["<|end|>", PIECE_TYPE.control],
      ["[PAD395]", PIECE_TYPE.unused],
      ["two words", PIECE_TYPE.user],
    ]);
  });

  it("tells a few of a million wrong entries", async () => {
    await writeSourceFolder({ folder });
    await json(
      "added_tokens.json",
      Object.fromEntries(Array.from({ length: 5_000 }, (_, i) => [`<${i}>`, 1e6 + i])),
    );
    const { warnings } = await convert();
    expect(warnings).toHaveLength(4);
    expect(warnings[3]).toContain("4997 more");
  });

  it("of a size beyond reason is refused", async () => {
    await writeSourceFolder({ folder, config: { vocab_size: 2 ** 22 } });
    await expect(convert()).rejects.toMatchObject({ message: expect.stringContaining("vocab_size") });
  });
});
