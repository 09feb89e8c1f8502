// The first mine, whole, against what is known: every token of both bundled models, and of lab-moe once more in
// the quantisation that users deploy. The figures demanded are the product's promise; grades between "never
// trained" and "well trained" are printed, not demanded.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { openLocalModel } from "../../src/engine/index.ts";
import {
  mine,
  mineSettings,
  readIndicators,
  readTruth,
  scoreAgainstTruth,
  type TruthScore,
} from "../../src/glitch/index.ts";
import { loadLibrary } from "../../src/llama/index.ts";
import { convertFolder, quantise, readGguf } from "../../src/models/index.ts";
import { openStore } from "../../src/store/index.ts";

const models = fileURLToPath(new URL("../../models", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "assay-census-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Mines every token of a file and scores the verdicts. */
async function census(path: string, truthOf: string): Promise<TruthScore> {
  const model = await openLocalModel({ path, gpu: "off", stepMs: 1000 });
  const store = await openStore({ path: join(folder, "census.db") });
  const gguf = await readGguf(path);
  const { name, fingerprint, quantisation } = model.info;
  const settings = mineSettings();
  const writer = await store.createRun({
    kind: "mine",
    model: { name, path, fingerprint, quantisation },
    settings,
  });
  try {
    const result = await mine({
      model,
      settings,
      writer,
      readIndicators: (options) => readIndicators(loadLibrary({ gpu: "off" }), gguf, options),
    });
    expect(result.status).toBe("done");
    expect(result.recall).toEqual({ estimate: 1, low: 1, high: 1 });
    const score = scoreAgainstTruth(result.tokens, await readTruth(join(models, `${truthOf}.truth.json`)));
    console.log(
      `${name} ${quantisation}: recall ${score.recall}, false ${score.falseShare}, ${result.probes} probes\n` +
        score.grades
          .map((g) => `  ${g.grade}: ${g.glitch} of ${g.tokens} glitch, ${g.uncertain} uncertain`)
          .join("\n"),
    );
    return score;
  } finally {
    await writer.close();
    await store.close();
    await model.close();
  }
}

const RECALL = 0.98;
const FALSE_SHARE = 0.003;
/** How far the deployed quantisation may fall behind the bundled one. */
const QUANTISATION_LOSS = 0.02;

describe("the census of every token", () => {
  let bundled: TruthScore;

  it("finds the never-trained tokens of lab-moe and spares the well-trained", async () => {
    bundled = await census(join(models, "lab-moe.gguf"), "lab-moe");
    expect(bundled.recall).toBeGreaterThanOrEqual(RECALL);
    expect(bundled.falseShare).toBeLessThanOrEqual(FALSE_SHARE);
  });

  it("finds those of lab-dense", async () => {
    const score = await census(join(models, "lab-dense.gguf"), "lab-dense");
    expect(score.recall).toBeGreaterThanOrEqual(RECALL);
    expect(score.falseShare).toBeLessThanOrEqual(FALSE_SHARE);
  });

  it("says nearly the same of lab-moe in Q4_K_M, converted and quantised here", async () => {
    const floats = join(folder, "floats.gguf");
    const path = join(folder, "lab-moe.Q4_K_M.gguf");
    await convertFolder({ folder: join(models, "lab-moe-hf"), output: floats, type: "BF16" });
    const { warnings } = await quantise(loadLibrary({ gpu: "off" }), {
      input: floats,
      output: path,
      type: "Q4_K_M",
    });
    // Rows of 256: real K-quants, no fallback to other types.
    expect(warnings).toEqual([]);
    const score = await census(path, "lab-moe");
    expect(Math.abs(score.recall! - bundled.recall!)).toBeLessThanOrEqual(QUANTISATION_LOSS);
    expect(Math.abs(score.falseShare! - bundled.falseShare!)).toBeLessThanOrEqual(QUANTISATION_LOSS);
  });
});
