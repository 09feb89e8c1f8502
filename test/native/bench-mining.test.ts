// What a replay claims, held against the real search: a stored census of some tokens, searched again by the engine.

import { fileURLToPath } from "node:url";
import { afterAll, expect, it } from "vitest";
import { openLocalModel } from "../../src/engine/index.ts";
import {
  classifyVocabulary,
  type MineWishes,
  mine,
  mineSettings,
  ORDER_METHODS,
  readIndicators,
  readRows,
} from "../../src/glitch/index.ts";
import { loadLibrary } from "../../src/llama/index.ts";
import { replaySearch } from "../../src/measure/replay-search.ts";
import { readGguf } from "../../src/models/index.ts";
import { createMemoryRun } from "../../src/testing/memory-run.ts";

const path = fileURLToPath(new URL("../../models/lab-dense.gguf", import.meta.url));
const model = await openLocalModel({ path, gpu: "off", stepMs: Number.POSITIVE_INFINITY, keepTokens: 0 });
const gguf = await readGguf(path);
afterAll(() => model.close());

/** One that learns, one that looks ahead. */
const METHODS = ["census", "glitchminer"];
const seed = 11;
const candidates = { mode: "range", start: 3_000, end: 3_700, rate: 1, most: 10_000 } as const;

/** Rows of a mine of these candidates, in the order in which they were tested; one template and no validation. */
async function mined(wishes: MineWishes) {
  const settings = mineSettings({
    seed,
    candidates,
    controls: 32,
    templates: ["arrow"],
    validation: null,
    ...wishes,
  });
  const run = createMemoryRun({ kind: "mine", settings });
  const reading = (options: Parameters<typeof readIndicators>[2]) =>
    readIndicators(loadLibrary({ gpu: "off" }), gguf, options);
  const result = await mine({ model, settings, writer: run.writer(), readIndicators: reading });
  return { tokens: readRows(run.rows()).tokens, glitches: result.counts.glitch };
}

it("a replay tests the tokens that the engine's search tests", async () => {
  const { texts, knownUnused } = await classifyVocabulary(model);
  const census = await mined({});
  expect(census.glitches).toBeGreaterThan(5);
  const ids = [...census.tokens.keys()].sort((a, b) => a - b);
  const reading = { sketch: true, rows: ["input", "output"] } as const;
  const indicators = await readIndicators(loadLibrary({ gpu: "off" }), gguf, {
    ...{ ...reading, unused: knownUnused, seed },
  });
  const budget = { share: 0.2 };
  for (const method of ORDER_METHODS.filter(({ id }) => METHODS.includes(id))) {
    const live = [...(await mined({ method: method.id, budget, audit: 0 })).tokens.keys()];
    const { tested, pages } = await replaySearch({
      ...{ method, budget, seed, candidates: ids, indicators, textOf: (id: number) => texts[id] ?? "" },
      census: { run: "census", tokens: census.tokens, setupSeconds: 0, pages: [] },
    });
    expect(tested, method.id).toHaveLength(live.length);
    expect(pages.at(-1)!.charged).toBeLessThanOrEqual(Math.ceil(0.2 * ids.length));
    // Logits differ in their last bits with the company in a batch, so a walk may turn off elsewhere. Orders that do
    // not look ahead are the same to the token.
    const same = tested.filter((id) => live.includes(id)).length / live.length;
    if (method.charge) expect(same, method.id).toBeGreaterThan(0.5);
    else expect(tested, method.id).toEqual(live);
    console.log(`${method.id}: ${tested.length} tokens, ${(100 * same).toFixed(1)} % the same`);
  }
});
