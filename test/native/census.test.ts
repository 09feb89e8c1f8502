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
  classifyVocabulary,
  type MineResult,
  mine,
  mineSettings,
  ORDER_METHODS,
  readIndicators,
  readTruth,
  scoreAgainstTruth,
  type Truth,
  type TruthScore,
} from "../../src/glitch/index.ts";
import { stratumOf } from "../../src/glitch/probes/controls.ts";
import { hash32 } from "../../src/glitch/seeded.ts";
import { loadLibrary } from "../../src/llama/index.ts";
import { measureCoverage, type RecallCoverage, readCensus } from "../../src/measure/index.ts";
import { convertFolder, quantise, readGguf } from "../../src/models/index.ts";
import { openStore } from "../../src/store/index.ts";

const models = fileURLToPath(new URL("../../models", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "assay-census-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Census {
  readonly score: TruthScore;
  readonly truth: Truth;
  readonly result: MineResult;
  readonly coverage: RecallCoverage;
}

/** Mines every token of a file and scores the verdicts. */
async function census(path: string, truthOf: string): Promise<Census> {
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
    const truth = await readTruth(join(models, `${truthOf}.truth.json`));
    const score = scoreAgainstTruth(result.tokens, truth);
    console.log(
      `${name} ${quantisation}: recall ${score.recall}, false ${score.falseShare}, ${result.probes} probes\n` +
        score.grades
          .map((g) => `  ${g.grade}: ${g.glitch} of ${g.tokens} glitch, ${g.uncertain} uncertain`)
          .join("\n"),
    );
    const { candidates, knownUnused } = await classifyVocabulary(model);
    const stored = await readCensus(store, writer.run, { fingerprint, candidates });
    const looks = { unused: knownUnused, seed: SEED, sketch: true };
    const coverage = await measureCoverage({
      candidates,
      census: stored,
      indicators: await readIndicators(loadLibrary({ gpu: "off" }), gguf, looks),
      method: ORDER_METHODS.find(({ id }) => id === "census")!,
      trials: TRIALS,
      seed: SEED,
    });
    console.log(
      `  interval: covers ${coverage.coverage}, median width ${coverage.width.median.toFixed(2)} of the truth`,
    );
    return { score, truth, result, coverage };
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
const CONTROLS = 500;
const WRONG_CONTROLS = 0.01;
const COVERAGE = 0.92;
const TRIALS = 50;
const SEED = 1;

/** Well-trained tokens of the same scripts, lengths and places in the word as the glitch tokens. */
function matchedControls({ truth, result }: Census): number[] {
  const well = truth.tokens.filter(({ class: kind, copied }) => kind === "normal" && copied >= 50);
  const decks = new Map<string, number[]>();
  for (const { id, text } of well) decks.set(stratumOf(text), [...(decks.get(stratumOf(text)) ?? []), id]);
  const glitches = result.tokens.filter(({ verdict }) => verdict === "glitch");
  const textOf = new Map(truth.tokens.map(({ id, text }) => [id, text]));
  // Scripts that were hardly trained on run out of controls; the others then give a second one.
  const controls: number[] = [];
  for (let round = 0; controls.length < CONTROLS; round++)
    for (const { id } of glitches) {
      const deck = decks.get(stratumOf(textOf.get(id)!)) ?? [];
      const place = hash32(SEED, "matched", id, round) % Math.max(1, deck.length);
      controls.push(...deck.splice(place, 1));
    }
  return controls.slice(0, CONTROLS);
}

describe("the census of every token", { timeout: 400_000 }, () => {
  let bundled: Census;

  it("finds the never-trained tokens of lab-moe and spares the well-trained", async () => {
    bundled = await census(join(models, "lab-moe.gguf"), "lab-moe");
    expect(bundled.score.recall).toBeGreaterThanOrEqual(RECALL);
    expect(bundled.score.falseShare).toBeLessThanOrEqual(FALSE_SHARE);
    expect(bundled.coverage.coverage).toBeGreaterThanOrEqual(COVERAGE);
  });

  it("gives normal tokens that look like the glitch tokens the right verdict", () => {
    const controls = new Set(matchedControls(bundled));
    expect(controls.size).toBe(CONTROLS);
    const wrong = bundled.result.tokens.filter(({ id, verdict }) => controls.has(id) && verdict !== "normal");
    console.log(`${wrong.length} of ${controls.size} matched controls not called normal`);
    expect(wrong.length / controls.size).toBeLessThanOrEqual(WRONG_CONTROLS);
  });

  it("finds those of lab-dense", async () => {
    const { score, coverage } = await census(join(models, "lab-dense.gguf"), "lab-dense");
    expect(coverage.coverage).toBeGreaterThanOrEqual(COVERAGE);
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
    const { score, coverage } = await census(path, "lab-moe");
    expect(coverage.coverage).toBeGreaterThanOrEqual(COVERAGE);
    expect(Math.abs(score.recall! - bundled.score.recall!)).toBeLessThanOrEqual(QUANTISATION_LOSS);
    expect(Math.abs(score.falseShare! - bundled.score.falseShare!)).toBeLessThanOrEqual(QUANTISATION_LOSS);
  });
});
