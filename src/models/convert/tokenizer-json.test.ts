import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { syntheticPieces } from "../../testing/gguf-vocabulary.ts";
import { encodeTokenizerJson } from "../../testing/tokenizer-json.ts";
import { readTokenizerJson } from "./tokenizer-json.ts";

// biome-ignore lint/suspicious/noExplicitAny: tests damage it anywhere
type Tokenizer = any;

const ROWS = 400;
let folder: string;
let path: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "assay-tokenizer-"));
  path = join(folder, "tokenizer.json");
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function read(change: (tokenizer: Tokenizer) => void = () => undefined) {
  const tokenizer = JSON.parse(encodeTokenizerJson(syntheticPieces(ROWS - 8)));
  change(tokenizer);
  await writeFile(path, JSON.stringify(tokenizer));
  return readTokenizerJson(path, ROWS);
}

describe("readTokenizerJson", () => {
  it("gives pieces, kinds and the order of merging back", async () => {
    const source = syntheticPieces(ROWS - 8);
    const { pieces, added, warnings, ...rest } = await read();
    expect(rest).toEqual({ addsSpacePrefix: true, unk: 0, bos: 1, eos: 2, pad: -1 });
    expect(pieces.map((piece) => [piece?.text, piece?.type])).toEqual(
      source.map(({ text, type }) => [text, type]),
    );
    const isMerged = ({ text, type }: (typeof source)[number]) =>
      type === 1 && [...Buffer.from(text).toString()].length > 1;
    const merged = [...source.keys()].filter((id) => isMerged(source[id]!));
    const order = (list: readonly ({ score: number } | undefined)[]) =>
      merged.toSorted((a, b) => list[b]!.score - list[a]!.score);
    expect(merged.length).toBeGreaterThan(10);
    expect(order(pieces)).toEqual(order(source));
    expect(added.map(({ text }) => text)).toEqual(["<unk>", "<s>", "</s>"]);
    expect(warnings).toEqual([]);
  });

  it("reads merges in pairs, Metaspace, ids with gaps and tokens of users", async () => {
    const { pieces, addsSpacePrefix } = await read((it) => {
      it.model.merges = it.model.merges.map((merge: string) => merge.split(" "));
      it.normalizer = null;
      it.pre_tokenizer = {
        type: "Metaspace",
        replacement: "\u2581",
        prepend_scheme: "never",
        split: false,
      };
      it.model.vocab["<tool>"] = ROWS - 1;
      it.added_tokens.push({ id: ROWS - 1, content: "<tool>", special: false });
    });
    expect(addsSpacePrefix).toBe(false);
    expect(pieces[ROWS - 2]).toBeUndefined();
    expect(pieces[ROWS - 1]).toMatchObject({ type: 4 });
  });

  it("warns of a few pieces that could be merged another way, and refuses many", async () => {
    const { warnings } = await read((it) => {
      it.model.merges.splice(5, 1);
    });
    expect(warnings).toEqual([expect.stringContaining("1 of ")]);
    const own = read((it) => {
      it.model.merges.splice(5, 60);
    });
    await expect(own).rejects.toMatchObject({ code: "UNSUPPORTED" });
  });

  const change: readonly (readonly [string, RegExp, (it: Tokenizer) => void])[] = [
    ["byte-level BPE", /byte-level BPE/, (it) => (it.model.byte_fallback = false)],
    ["Unigram", /Unigram/, (it) => (it.model.type = "Unigram")],
    ["ignored merges", /ignores/, (it) => (it.model.ignore_merges = true)],
    ["random merges", /random/, (it) => (it.model.dropout = 0.1)],
    ["marked ends", /end_of_word_suffix/, (it) => (it.model.end_of_word_suffix = "</w>")],
    ["a normaliser", /NFKC/, (it) => it.normalizer.normalizers.push({ type: "NFKC" })],
    [
      "another replacement",
      /Replace/,
      (it) => it.normalizer.normalizers.push({ type: "Replace", pattern: { String: "a" }, content: "b" }),
    ],
    ["a splitter", /ByteLevel/, (it) => (it.pre_tokenizer = { type: "ByteLevel" })],
    [
      "words apart",
      /Metaspace/,
      (it) => (it.pre_tokenizer = { type: "Metaspace", replacement: "\u2581", split: true }),
    ],
    ["spaces as they are", /mark spaces/, (it) => (it.normalizer = null)],
  ];
  it.each(change)("refuses %s, which llama.cpp would split another way", async (_, message, damage) => {
    const reading = read(damage);
    await expect(reading).rejects.toMatchObject({
      code: "UNSUPPORTED",
      message: expect.stringMatching(message),
      hint: expect.stringContaining("tokenizer.model"),
    });
  });

  const damages: readonly (readonly [string, RegExp, (it: Tokenizer) => void])[] = [
    ["no vocabulary", /no vocabulary/, (it) => (it.model.vocab = [])],
    ["an id beyond the rows", /id 4000000000, but the embedding/, (it) => (it.model.vocab.x = 4e9)],
    ["a negative id", /has no id/, (it) => (it.model.vocab.x = -1)],
    ["an id that is a text", /has no id/, (it) => (it.model.vocab.x = "7")],
    ["an id twice", /two tokens have the id 7/, (it) => (it.model.vocab.x = 7)],
    ["a token without end", /characters/, (it) => (it.model.vocab["a".repeat(5_000)] = ROWS - 1)],
    ["no merges", /no merges/, (it) => (it.model.merges = { length: 3 })],
    ["a merge of three", /merge 0 is not two/, (it) => it.model.merges.unshift("a b c")],
    ["a merge of numbers", /merge 0 is not two/, (it) => it.model.merges.unshift([1, 2])],
    ["a merge of strangers", /which is no token/, (it) => it.model.merges.unshift("\u001b[31m x")],
    ["merges beyond reason", /merges for/, (it) => (it.model.merges = Array(20_000).fill("a b"))],
    ["an added token without id", /lacks its id/, (it) => it.added_tokens.push({ content: "x" })],
    ["added tokens of another kind", /no list/, (it) => (it.added_tokens = "x")],
  ];
  it.each(damages)("refuses %s", async (_, message, damage) => {
    const reading = read(damage);
    await expect(reading).rejects.toMatchObject({
      code: "MODEL_INVALID",
      message: expect.stringMatching(message),
    });
    await expect(reading).rejects.not.toMatchObject({ message: expect.stringContaining("\u001b") });
  });

  it("refuses what is no tokenizer at all", async () => {
    for (const text of [
      "",
      "[]",
      "null",
      '{"model": 5}',
      '{"model": null}',
      await readFile(path, "latin1"),
    ]) {
      await writeFile(path, text.slice(0, 500));
      await expect(readTokenizerJson(path, ROWS)).rejects.toMatchObject({
        code: expect.stringMatching(/MODEL_INVALID|UNSUPPORTED/),
      });
    }
  });
});
