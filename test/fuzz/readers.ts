/** What is fuzzed: each reader goes as far into a file as commands do that were given one from anywhere. */

import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { planFolder } from "../../src/models/convert/convert-folder.ts";
import { convertVocabulary } from "../../src/models/convert/vocabulary.ts";
import {
  cardOfFile,
  describeLegacyExperts,
  entryOfFile,
  estimateMemory,
  fingerprint,
  memoryFacts,
  planRepair,
  readGguf,
  renderChat,
  verifyModel,
} from "../../src/models/index.ts";

/** By the name of what they read; each gets a folder. */
export const READERS = { gguf, weights, tokenizer, template } as const;
export type ReaderName = keyof typeof READERS;

const VOCABULARY = 400;

async function gguf(folder: string): Promise<void> {
  const path = join(folder, "model.gguf");
  // Its findings are results; what it throws is not.
  for await (const { message } of verifyModel(path)) void message;
  const file = await readGguf(path);
  describeLegacyExperts(file);
  estimateMemory(file, { context: 4_096 });
  cardOfFile("model", file, { ram: memoryFacts(), gpus: [] });
  await entryOfFile("model", path);
  await fingerprint(file);
  planRepair(file);
}

async function weights(folder: string): Promise<void> {
  await planFolder(folder);
}

async function tokenizer(folder: string): Promise<void> {
  await convertVocabulary(folder, await readdir(folder), {}, VOCABULARY);
}

async function template(folder: string): Promise<void> {
  const messages = [
    { role: "system", content: "Be brief." },
    { role: "user", content: "Hello" },
  ] as const;
  const source = await readFile(join(folder, "template.jinja"), "utf8");
  await renderChat(source, messages, { bos: "<s>", eos: "</s>", timeoutMs: 1_000 });
}
