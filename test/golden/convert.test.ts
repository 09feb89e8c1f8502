// What llama.cpp makes of converted folders, against SentencePiece's own ids and the lab's folder.

import { existsSync } from "node:fs";
import { copyFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type LlamaModel, loadLibrary, loadModel } from "../../src/llama/index.ts";
import { readSentencePiece } from "../../src/models/convert/sentencepiece.ts";
import {
  type ChatMessage,
  convertFolder,
  describeModel,
  numbersOf,
  readGguf,
  renderChat,
  stringAt,
  stringsOf,
} from "../../src/models/index.ts";
import { writeSourceFolder } from "../../src/testing/index.ts";
import { encodeTokenizerJson } from "../../src/testing/tokenizer-json.ts";

interface Golden {
  texts: { text: string; ids: number[] }[];
  conversations?: { messages: ChatMessage[]; ids: number[] }[];
}

const root = fileURLToPath(new URL("../..", import.meta.url));
/** Third-party files are not part of the repository: they lie beside it, where there are any. */
const mixtral = join(root, "..", "shared", "data", "mixtral");
const labFolder = join(root, "models", "lab-moe-hf");

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "assay-golden-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** A tiny model with a given tokenizer, converted, from tokenizer.model or from a tokenizer.json made of it. */
async function convertTokenizer(
  tokenizer: string,
  vocabulary: number,
  as: "tokenizer.model" | "tokenizer.json" = "tokenizer.model",
): Promise<string> {
  const source = join(folder, `${vocabulary}-${as}`);
  await writeSourceFolder({ folder: source, architecture: "LlamaForCausalLM", vocabulary, tokenizer: as });
  if (as === "tokenizer.model") await copyFile(tokenizer, join(source, as));
  else {
    const { pieces } = await readSentencePiece(tokenizer);
    await writeFile(join(source, as), encodeTokenizerJson(pieces));
  }
  const { path, warnings } = await convertFolder({ folder: source, output: `${source}.gguf` });
  expect(warnings).toEqual([]);
  return path;
}

const loadTokenizer = async (path: string): Promise<LlamaModel> =>
  loadModel(loadLibrary(), { path, vocabularyOnly: true });

/** Texts, kinds and scores of all tokens. */
async function vocabularyOf(path: string) {
  const gguf = await readGguf(path);
  const tokens = stringsOf(gguf, "tokenizer.ggml.tokens")!;
  return {
    texts: Array.from(tokens.ends, (_, id) => stringAt(tokens, id)),
    types: [...numbersOf(gguf, "tokenizer.ggml.token_type")!],
    scores: Array.from(numbersOf(gguf, "tokenizer.ggml.scores") as Float32Array),
  };
}

const readGolden = async (path: string): Promise<Golden> => JSON.parse(await readFile(path, "utf8"));

describe.skipIf(!existsSync(mixtral))("Mixtral's tokenizer, converted", () => {
  let model: LlamaModel;
  let golden: Golden;
  beforeAll(async () => {
    golden = await readGolden(join(mixtral, "golden.json"));
    model = await loadTokenizer(await convertTokenizer(join(mixtral, "tokenizer.model"), 32_000));
  });
  afterAll(() => model?.dispose());

  it("splits texts as SentencePiece does", () => {
    expect(golden.texts.length).toBeGreaterThanOrEqual(30);
    for (const { text, ids } of golden.texts)
      expect({ text, ids: model.tokenize(text, false, false) }).toEqual({ text, ids });
  });

  it("splits rendered conversations as mistral-common does", async () => {
    expect(golden.conversations).toHaveLength(4);
    for (const { messages, ids } of golden.conversations ?? []) {
      const { text } = await renderChat("mixtral", messages, { bos: "<s>", eos: "</s>" });
      expect({ text, ids: model.tokenize(text, false, true) }).toEqual({ text, ids });
    }
  });
});

describe.skipIf(!existsSync(join(labFolder, "tokenizer.model")))("the lab's tokenizer, converted", () => {
  it("splits texts as SentencePiece does", async () => {
    const { texts } = await readGolden(join(root, "test", "golden", "lab-tokenizer.json"));
    const model = await loadTokenizer(await convertTokenizer(join(labFolder, "tokenizer.model"), 12_288));
    try {
      for (const { text, ids } of texts)
        expect({ text, ids: model.tokenize(text, false, false) }).toEqual({ text, ids });
    } finally {
      model.dispose();
    }
  });
});

describe.each([
  ["Mixtral's", join(mixtral, "tokenizer.model"), 32_000, join(mixtral, "golden.json")],
  [
    "the lab's",
    join(labFolder, "tokenizer.model"),
    12_288,
    join(root, "test", "golden", "lab-tokenizer.json"),
  ],
] as const)("tokenizer.json of %s vocabulary", (_, tokenizer, size, golden) => {
  it.skipIf(!existsSync(tokenizer))("gives the order of merging back, and the same ids", async () => {
    const path = await convertTokenizer(tokenizer, size, "tokenizer.json");
    const ours = await vocabularyOf(path);
    const theirs = await vocabularyOf(await convertTokenizer(tokenizer, size));
    expect(ours.texts).toEqual(theirs.texts);
    expect(ours.types).toEqual(theirs.types);
    // Mixtral's runs of spaces all have one score, which merges cannot say; below they split the same.
    const lowest = Math.min(...theirs.scores);
    const isMerged = (id: number) =>
      ours.types[id] === 1 && [...ours.texts[id]!].length > 1 && theirs.scores[id]! > lowest;
    const order = ({ scores }: typeof ours) =>
      [...scores.keys()].filter(isMerged).sort((a, b) => scores[b]! - scores[a]!);
    expect(order(ours).length).toBeGreaterThan(5_000);
    expect(order(ours)).toEqual(order(theirs));
    const model = await loadTokenizer(path);
    const reference = await loadTokenizer(await convertTokenizer(tokenizer, size));
    try {
      for (const { text, ids } of (await readGolden(golden)).texts)
        expect({ text, ids: model.tokenize(text, false, false) }).toEqual({ text, ids });
      const parts = fc.constantFrom(
        ..."the quick ing un 12 東 é 🤖 </s> == -- ( \n \t".split(" "),
        " ",
        "   ",
        "      ",
      );
      fc.assert(
        fc.property(fc.array(fc.oneof(parts, fc.string())), (words) => {
          const text = words.join("");
          expect(model.tokenize(text, false, false)).toEqual(reference.tokenize(text, false, false));
        }),
        { numRuns: 1_000 },
      );
    } finally {
      model.dispose();
      reference.dispose();
    }
  });
});

describe.skipIf(!existsSync(join(labFolder, "config.json")))("the lab's folder", () => {
  it("loads in llama.cpp with the sizes that its configuration names", async () => {
    const config = JSON.parse(await readFile(join(labFolder, "config.json"), "utf8"));
    const { path } = await convertFolder({ folder: labFolder, output: join(folder, "lab.gguf") });
    const described = describeModel(await readGguf(path));
    expect(described).toMatchObject({
      architecture: "llama",
      layers: config.num_hidden_layers,
      experts: config.num_local_experts,
      expertsUsed: config.num_experts_per_tok,
      vocabulary: config.vocab_size,
      quantisation: "BF16",
    });
    const model = await loadModel(loadLibrary(), { path, gpuLayers: 0 });
    try {
      expect(model.parameters).toBe(described.parameters);
      expect(model.sizeBytes).toBe(described.sizeBytes);
      expect({ bos: model.bos, eos: model.eos }).toEqual({ bos: described.bos, eos: described.eos });
    } finally {
      model.dispose();
    }
  });
});
