// Torch's own logits, computed from the BF16 folder that the bundled model is converted from, against the same
// folder through our converter and llama.cpp. A wrong RoPE permutation or expert order would be off by whole
// units; rounding in the attention cache (F16) and in llama.cpp's sums is what remains.

import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type LanguageModel, openLocalModel } from "../../src/engine/index.ts";
import { createContext, loadLibrary, loadModel } from "../../src/llama/index.ts";
import { convertFolder } from "../../src/models/index.ts";

const here = fileURLToPath(new URL(".", import.meta.url));
const models = join(here, "../../models");

interface Golden {
  prompts: { name: string; ids: number[]; greedy: number[]; margins: number[] }[];
}

/**
 * Largest difference of any logit, in units of that prompt's standard deviation of logits. Measured with
 * 2 threads on AVX-512: see the printed line; the cache's F16 keys and values dominate.
 */
const TOLERANCE = 0.02;
/** A greedy choice is compared where torch's best logit leads by this much. */
const WIDE_MARGIN = 0.5;

const golden = (name: string): Golden => JSON.parse(readFileSync(join(here, `${name}.json`), "utf8"));
const goldenLogits = (name: string) => {
  const bytes = readFileSync(join(here, `${name}-logits.f32`));
  return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
};

const folder = mkdtempSync(join(tmpdir(), "assay-golden-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.skipIf(!existsSync(join(models, "lab-moe-hf/model.safetensors")))("lab-moe from its folder", () => {
  const path = join(folder, "lab-moe.gguf");
  beforeAll(async () => {
    await convertFolder({ folder: join(models, "lab-moe-hf"), output: path, type: "F32" });
  });

  it("has torch's logits on 20 prompts", async () => {
    const { prompts } = golden("lab-moe");
    const wanted = goldenLogits("lab-moe");
    expect(prompts).toHaveLength(20);
    const model = await loadModel(loadLibrary(), { path, gpuLayers: 0 });
    const context = createContext(model, { cells: 1024, batch: 512, sequences: 1, threads: 2 });
    let worst = 0;
    for (const [index, { name, ids }] of prompts.entries()) {
      context.clearBatch();
      context.forget(0, 0);
      for (const [at, id] of ids.entries()) context.push(id, at, 0, at === ids.length - 1);
      await context.decode();
      const ours = context.logits(0);
      const torch = wanted.subarray(index * model.vocabulary, (index + 1) * model.vocabulary);
      const mean = torch.reduce((a, b) => a + b, 0) / torch.length;
      const deviation = Math.sqrt(torch.reduce((a, b) => a + (b - mean) ** 2, 0) / torch.length);
      const difference =
        torch.reduce((most, value, id) => Math.max(most, Math.abs(value - ours[id]!)), 0) / deviation;
      worst = Math.max(worst, difference);
      expect(difference, name).toBeLessThan(TOLERANCE);
    }
    console.log(`largest difference: ${worst.toExponential(2)} standard deviations`);
    model.dispose();
  });

  it("chooses torch's tokens wherever the margin is wide", async () => {
    const model = await openLocalModel({ path, gpu: "off", threads: 2 });
    await expectGreedy(model, golden("lab-moe"));
    await model.close();
  });
});

describe.skipIf(!existsSync(join(models, "lab-dense.gguf")))("the bundled Q8_0 files", () => {
  for (const name of ["lab-moe", "lab-dense"])
    it(`${name} chooses torch's tokens where the margin is wide`, async () => {
      const model = await openLocalModel({ path: join(models, `${name}.gguf`), gpu: "off", threads: 2 });
      // Eight bits move logits further than arithmetic does.
      await expectGreedy(model, golden(name), 4 * WIDE_MARGIN);
      await model.close();
    });
});

async function expectGreedy(model: LanguageModel, { prompts }: Golden, wide = WIDE_MARGIN): Promise<void> {
  let compared = 0;
  for (const { name, ids, greedy, margins } of prompts) {
    const narrow = margins.findIndex((margin) => margin < wide);
    const certain = narrow < 0 ? greedy : greedy.slice(0, narrow);
    if (certain.length === 0) continue;
    const chosen: number[] = [];
    const stream = model.generate({ prompt: ids, maxTokens: certain.length, ignoreEos: true });
    for await (const event of stream) if (event.type === "token") chosen.push(event.id);
    expect(chosen, name).toEqual(certain);
    compared += certain.length;
  }
  // A comparison of nothing would prove nothing.
  expect(compared).toBeGreaterThan(40);
}
