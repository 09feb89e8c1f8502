// What llama.cpp makes of converted folders, against SentencePiece's own ids and the lab's folder.

import { existsSync } from "node:fs";
import { copyFile, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type LlamaModel, loadLibrary, loadModel } from "../../src/llama/index.ts";
import {
  type ChatMessage,
  convertFolder,
  describeModel,
  readGguf,
  renderChat,
} from "../../src/models/index.ts";
import { writeSourceFolder } from "../../src/testing/index.ts";

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

/** A tiny model with a given tokenizer, converted and loaded by llama.cpp. */
async function loadTokenizer(tokenizer: string, vocabulary: number): Promise<LlamaModel> {
  const source = join(folder, String(vocabulary));
  await writeSourceFolder({ folder: source, architecture: "LlamaForCausalLM", vocabulary });
  await copyFile(tokenizer, join(source, "tokenizer.model"));
  const { path } = await convertFolder({ folder: source, output: `${source}.gguf` });
  return loadModel(loadLibrary(), { path, vocabularyOnly: true });
}

const readGolden = async (path: string): Promise<Golden> => JSON.parse(await readFile(path, "utf8"));

describe.skipIf(!existsSync(mixtral))("Mixtral's tokenizer, converted", () => {
  let model: LlamaModel;
  let golden: Golden;
  beforeAll(async () => {
    golden = await readGolden(join(mixtral, "golden.json"));
    model = await loadTokenizer(join(mixtral, "tokenizer.model"), 32_000);
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
    const model = await loadTokenizer(join(labFolder, "tokenizer.model"), 12_288);
    try {
      for (const { text, ids } of texts)
        expect({ text, ids: model.tokenize(text, false, false) }).toEqual({ text, ids });
    } finally {
      model.dispose();
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
