// A tokenizer without weights is the model's own.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "vitest";
import { openLocalModel, openLocalTokenizer } from "../../src/engine/index.ts";
import { classifyVocabulary } from "../../src/glitch/index.ts";
import { writeSparseMixtral } from "../../src/testing/index.ts";

const path = fileURLToPath(new URL("../../models/lab-moe.gguf", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "assay-tokenizer-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("says what the whole model says", async () => {
  const model = await openLocalModel({ path, gpu: "off" });
  const tokenizer = await openLocalTokenizer({ path });
  try {
    const { name, fingerprint, vocabulary, parameters, bos, eos } = model.info;
    expect(tokenizer.info).toMatchObject({ name, fingerprint, vocabulary, parameters, bos, eos });
    for (const text of ["The quick brown fox", "«skilled lawyers»\n", "日本語 </s>", ""])
      for (const options of [{}, { bos: true }, { special: true }, { continuation: true }]) {
        const ids = await tokenizer.tokenize(text, options);
        expect(ids).toEqual(await model.tokenize(text, options));
        expect(await tokenizer.detokenize(ids)).toBe(await model.detokenize(ids));
      }
    expect(await classifyVocabulary(tokenizer)).toEqual(await classifyVocabulary(model));
  } finally {
    await tokenizer.close();
    await model.close();
  }
});

test("opens a file of Mixtral's size whose weights are nowhere", async () => {
  const sparse = join(folder, "mixtral.gguf");
  await writeSparseMixtral({ path: sparse, layout: "legacy" });
  const tokenizer = await openLocalTokenizer({ path: sparse });
  expect(tokenizer.info).toMatchObject({ vocabulary: 32_000, context: 32_768, experts: 8 });
  expect(await tokenizer.tokenize("")).toEqual([]);
  await tokenizer.close();
  await tokenizer.close();
});
