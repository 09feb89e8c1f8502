// Every method and every mode in a whole mine: what is charged, what may be tested, what a resume repeats.

import { describe, expect, test } from "vitest";
import type { ScriptedModelOptions } from "../../engine/scripted-model.ts";
import { AppError } from "../../errors.ts";
import { scriptedMine, toyGlitches } from "../../testing/scripted-mine.ts";
import { ORDER_METHODS } from "../order/methods.ts";
import { mine } from "./mine.ts";
import type { MineSettings, MineWishes } from "./mine-settings.ts";

const GLITCHES = toyGlitches();

const begin = (wishes: MineWishes = {}, script?: ScriptedModelOptions) =>
  scriptedMine({ pageSize: 20, ...wishes }, script);

const tested = (ids: readonly { id: number }[]) => ids.map(({ id }) => id).sort((a, b) => a - b);

describe.each(ORDER_METHODS)("method $id", ({ id: method, charge = (tokens: number) => tokens }) => {
  test.each([1, 3, 4, 11, 12, 40, 77])("spends a budget of %i probes and no more", async (probes) => {
    const result = await begin({ method, budget: { probes }, validation: null }).go();
    expect(charge(result.counts.tested)).toBeLessThanOrEqual(probes);
    expect(charge(result.counts.tested + 1)).toBeGreaterThan(probes);
    expect(result.method).toBe(method);
  });

  test("tests every token when all is asked for, whatever it is charged", async () => {
    const { go } = begin({ method, validation: null });
    const result = await go();
    expect(result.counts.tested).toBe(result.classes.normal);
    expect(result.recall).toEqual({ estimate: 1, low: 1, high: 1 });
    expect(tested(result.tokens.filter(({ verdict }) => verdict === "glitch"))).toEqual(GLITCHES);
  });

  test("ends, when interrupted and resumed, as it would have ended undisturbed", async () => {
    const wishes = { method, budget: { probes: 120 }, validation: null };
    const whole = await begin(wishes).go();
    for (const after of [330, 380, 430]) {
      const abort = new AbortController();
      let probes = 0;
      const intercept = () => {
        probes++;
        if (probes === after) abort.abort();
      };
      const { go, run } = begin(wishes, { glitches: GLITCHES, intercept });
      await go({ signal: abort.signal });
      const pages = run.pages.length;
      const resumed = await go();
      expect({ ...resumed, seconds: 0 }).toEqual({ ...whole, seconds: 0 });
      expect(run.pages.length).toBeGreaterThanOrEqual(pages);
    }
  });
});

test("a walk costs its look ahead beside what it tests, and an order that is all static does not", async () => {
  const probesOf = async (method: string) => {
    const { go, model } = begin({ method, budget: { probes: 80 }, validation: null, audit: 0 });
    const result = await go();
    return model.calls.probe - result.probes;
  };
  expect(await probesOf("low-norm")).toBe(0);
  expect(await probesOf("glitchminer")).toBeGreaterThanOrEqual(32);
});

test("a token that the model fails on does not stop a walk over its neighbours", async () => {
  const bad = GLITCHES[3]!;
  let isRunning = false;
  const { go } = begin(
    { method: "glitchminer", budget: { probes: 60 }, validation: null },
    {
      glitches: GLITCHES,
      intercept: ({ kind, sequence }) => {
        if (kind === "probe" && isRunning && sequence.includes(bad))
          throw new AppError("MODEL_INVALID", "no number");
      },
    },
  );
  const result = await go({
    onEvent: (event) => {
      if (event.type === "stage-start" && event.stage === "census") isRunning = true;
    },
  });
  expect(result.status === "partial" || result.status === "done").toBe(true);
  expect(result.tokens.length).toBeGreaterThan(30);
});

describe("modes", () => {
  test("a mine of a range tests that range, and its figures are about it", async () => {
    const { go } = begin({ candidates: { mode: "range", start: 340, end: 400, rate: 1, most: 1000 } });
    const result = await go();
    expect(result).toMatchObject({ mode: "range", candidates: 60, counts: { tested: 60 } });
    expect(result.recall).toEqual({ estimate: 1, low: 1, high: 1 });
    expect(result.notes).toContainEqual(expect.stringContaining("only 60 tokens could be tested"));
    expect(tested(result.tokens)).toEqual(Array.from({ length: 60 }, (_, index) => 340 + index));
    expect(tested(result.tokens.filter(({ verdict }) => verdict === "glitch"))).toEqual(
      GLITCHES.filter((id) => id >= 340 && id < 400),
    );
  });

  test("a share is a share of what the mode allows", async () => {
    const { go } = begin({
      candidates: { mode: "range", start: 340, end: 400, rate: 1, most: 1000 },
      budget: { share: 0.5 },
    });
    expect((await go()).counts.tested).toBe(30);
  });

  test("special ids are probed by id, and their class stands beside the verdict", async () => {
    const result = await begin({ candidates: { mode: "special", rate: 1, most: 4 } }).go();
    expect(result.mode).toBe("special");
    expect(result.counts.tested).toBe(result.candidates);
    expect(result.tokens.every((token) => token.class !== "normal")).toBe(true);
  });

  test.each([
    { mode: "stratified", size: 70, seed: 1 },
    { mode: "category", group: "whitespace", size: null, seed: 0 },
    { mode: "unicode", rate: 1, most: 10 },
  ] as const)("$mode is mined whole", async (candidates) => {
    const result = await begin({ candidates, validation: null }).go();
    expect(result).toMatchObject({ mode: candidates.mode, status: "done" });
    expect(result.counts.tested).toBe(result.candidates);
  });

  test("a mode that leaves nothing fails the run with what to change", async () => {
    const { go, run } = begin({ candidates: { mode: "category", group: "arabic", size: null, seed: 0 } });
    await expect(go()).rejects.toMatchObject({ code: "USAGE" });
    expect(run.status()).toBe("failed");
  });

  test("settings of a version without modes mean every normal token", async () => {
    const { model, run, settings } = begin({ validation: null });
    const { candidates: _, ...older } = settings;
    const result = await mine({ model, settings: older satisfies MineSettings, writer: run.writer() });
    expect(result).toMatchObject({ mode: "entropy", candidates: result.classes.normal });
  });
});
