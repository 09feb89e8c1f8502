// Every method on a real model within 2 % of its tokens. What share each finds is measured, not tested
// (assay bench mining); here: all run, none spends more than it may, and the census is worth having.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type LanguageModel, openLocalModel } from "../../src/engine/index.ts";
import {
  type MineResult,
  mine,
  mineSettings,
  ORDER_METHODS,
  readIndicators,
} from "../../src/glitch/index.ts";
import { loadLibrary } from "../../src/llama/index.ts";
import { type Gguf, readGguf } from "../../src/models/index.ts";
import { openStore, type Store } from "../../src/store/index.ts";

const SHARE = 0.02;
/** The least that the census finds for each token that chance finds. */
const AHEAD_OF_CHANCE = 10;

const path = fileURLToPath(new URL("../../models/lab-moe.gguf", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "assay-methods-"));
let model: LanguageModel;
let store: Store;
let gguf: Gguf;
beforeAll(async () => {
  model = await openLocalModel({ path, gpu: "off", stepMs: 1000 });
  store = await openStore({ path: join(folder, "methods.db") });
  gguf = await readGguf(path);
});
afterAll(async () => {
  await store?.close();
  await model?.close();
  rmSync(folder, { recursive: true, force: true });
});

async function search(method: string): Promise<MineResult> {
  const settings = mineSettings({ method, budget: { share: SHARE }, controls: 64, validation: null });
  const { name, fingerprint, quantisation } = model.info;
  const identity = { name, path, fingerprint, quantisation };
  const writer = await store.createRun({ kind: "mine", model: identity, settings });
  try {
    return await mine({
      model,
      settings,
      writer,
      readIndicators: (options) => readIndicators(loadLibrary({ gpu: "off" }), gguf, options),
    });
  } finally {
    await writer.close();
  }
}

const found = new Map<string, number>();

it.each(ORDER_METHODS)("$id spends its budget on lab-moe", async ({ id, charge = (n: number) => n }) => {
  const { status, counts, candidates, budget } = await search(id);
  expect(status).toBe("done");
  expect(budget.probes).toBe(Math.ceil(SHARE * candidates!));
  expect(charge(counts.tested)).toBeLessThanOrEqual(budget.probes!);
  expect(charge(counts.tested + 1)).toBeGreaterThan(budget.probes!);
  found.set(id, counts.glitch);
});

it("census finds ten times what chance finds, and no method finds more", () => {
  expect(found.size).toBe(ORDER_METHODS.length);
  const census = found.get("census")!;
  expect(census).toBeGreaterThanOrEqual(AHEAD_OF_CHANCE * found.get("random")!);
  for (const [id, count] of found) expect(count, id).toBeLessThanOrEqual(census);
});
