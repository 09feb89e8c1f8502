import { expect, test } from "vitest";
import { createScriptedModel } from "../engine/index.ts";
import {
  classifyVocabulary,
  mine,
  mineSettings,
  ORDER_METHODS,
  type OrderMethod,
  readRows,
  type StoredToken,
} from "../glitch/index.ts";
import { createMemoryRun } from "../testing/memory-run.ts";
import { scriptedIndicators, toyGlitches } from "../testing/scripted-mine.ts";
import { cutReplay, replaySearch } from "./replay-search.ts";
import type { StoredCensus } from "./stored-census.ts";

const glitches = toyGlitches(20);
const model = createScriptedModel({ glitches });
const { candidates, knownUnused, texts } = await classifyVocabulary(model);
const readIndicators = scriptedIndicators(model, glitches);
const reading = { sketch: true, rows: ["input", "output"] } as const;
const indicators = await readIndicators({ ...reading, unused: knownUnused, seed: 3 });

/** The rows of a mine, in the order in which they were tested. One template, which fits all: see entropyOf(). */
async function mined(wishes: Parameters<typeof mineSettings>[0]): Promise<Map<number, StoredToken>> {
  const settings = mineSettings({ seed: 3, validation: null, templates: ["arrow"], ...wishes });
  const run = createMemoryRun({ kind: "mine", settings });
  await mine({ model, settings, writer: run.writer(), readIndicators });
  return readRows(run.rows()).tokens;
}

const census: StoredCensus = {
  run: "census",
  tokens: await mined({}),
  setupSeconds: 0,
  pages: [],
};
const textOf = (id: number) => texts[id] ?? "";
const options = { candidates, census, indicators, textOf, seed: 3 };
const budget = { probes: 120 };

test.each(ORDER_METHODS)("$id is replayed to the very tokens that the mine tests", async (method) => {
  const tokens = await mined({ method: method.id, budget, audit: 0 });
  const { tested } = await replaySearch({ ...options, method, budget });
  expect(tested.length).toBeGreaterThan(0);
  expect(tested).toEqual([...tokens.keys()]);
});

test.each(ORDER_METHODS)("$id with less is the beginning of itself with more", async (method) => {
  const more = await replaySearch({ ...options, method, budget });
  for (const probes of [1, 11, 96, 100, 119, 120]) {
    const less = await replaySearch({ ...options, method, budget: { probes } });
    const cut = cutReplay(more, method, probes);
    expect(cut.tested).toEqual(less.tested);
    expect(cut.pages.map(({ tested, charged }) => [tested, charged])).toEqual(
      less.pages.map(({ tested, charged }) => [tested, charged]),
    );
  }
});

const thrifty: OrderMethod = {
  id: "random",
  goal: "Looks at two tokens for each one that it tests.",
  reference: "-",
  usesIndicators: false,
  charge: (tokens) => 3 * tokens,
  start: ({ candidates: ids, lookAhead }) => {
    let at = 0;
    return {
      async next(count) {
        const page = ids.slice(at, at + count);
        at += count;
        expect(await lookAhead(page)).toEqual(page.map((id) => census.tokens.get(id)!.probes[0]!.entropy));
        await lookAhead(page);
        return page;
      },
      learn(rows) {
        for (const { id, verdict } of rows) expect(verdict).toBe(glitches.includes(id) ? "glitch" : "normal");
      },
    };
  },
};

test("a method is charged as it says, is told stored rows and asks stored entropies", async () => {
  const { tested, pages } = await replaySearch({ ...options, method: thrifty, budget });
  expect(tested).toHaveLength(40);
  expect(pages).toMatchObject([{ tested: 40, charged: 120, lookedAhead: 80 }]);
});

test("an order that ends early ends the search, and a signal stops it", async () => {
  const short: OrderMethod = { ...thrifty, start: () => ({ next: async () => [], learn() {} }) };
  expect(await replaySearch({ ...options, method: short, budget })).toMatchObject({ tested: [], pages: [] });
  const reason = new Error("stop");
  const stopped = replaySearch({ ...options, method: short, budget, signal: AbortSignal.abort(reason) });
  await expect(stopped).rejects.toBe(reason);
});
