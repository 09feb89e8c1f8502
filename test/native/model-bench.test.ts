// Measuring models, on the bundled ones: what is counted is what was done. No time is asserted.

import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { openBareModel } from "../../src/cli/bench/models-bare.ts";
import { openLocalModel, type StepTimes } from "../../src/engine/index.ts";
import type { RunEvent } from "../../src/events.ts";
import { DEFAULT_PLACEMENT } from "../../src/llama/index.ts";
import {
  contextNeeded,
  measureModel,
  measurePerplexity,
  measureSpeed,
  measureTimes,
  perplexityRatio,
  type Round,
  SAMPLE_TEXT,
  TIME_PARTS,
} from "../../src/measure/index.ts";

const fileOf = (name: string) => fileURLToPath(new URL(`../../models/${name}.gguf`, import.meta.url));
const path = fileOf("lab-dense");
const plan = {
  ...{ parallel: [1, 3], promptTokens: 24, newTokens: 6, seconds: 0, seed: 4 },
  ...{ items: 2, soakSeconds: 1 },
};
const opening = {
  ...{ path, name: "lab-dense", context: 512, gpu: "off" as const },
  placement: { ...DEFAULT_PLACEMENT, threads: 1 },
};

describe("measureModel", () => {
  const measure = (fitsTwice: boolean, onEvent?: (event: RunEvent) => void) =>
    measureModel({
      ...{ plan, fitsTwice, onEvent },
      open: () => openLocalModel({ ...opening.placement, path, context: opening.context, gpu: "off" }),
      openBare: () => openBareModel(opening, plan),
      peakBytes: () => process.memoryUsage.rss(),
      residentBytes: () => process.memoryUsage.rss(),
    });

  it.each([true, false])("measures all it was asked for; both models at once: %s", async (fitsTwice) => {
    const stages: string[] = [];
    const turn = await measure(fitsTwice, (event) => {
      if (event.type === "stage-end") stages.push(event.stage);
    });
    expect(stages).toEqual(["quality", "speed", "soak"]);
    expect(turn.loadSeconds).toBeGreaterThan(0);
    expect(turn.speed.map(({ parallel, rounds, ttftMs }) => [parallel, rounds, ttftMs.length])).toEqual([
      [1, 1, 1],
      [3, 1, 3],
    ]);
    for (const { prompt, generation, bare, ttftMs } of turn.speed)
      for (const figure of [prompt, generation, bare!.prompt, bare!.generation, ...ttftMs]) {
        expect(figure).toBeGreaterThan(0);
        expect(figure).toBeLessThan(1e7);
      }
    expect(turn.memory!.peak).toBeGreaterThanOrEqual(turn.memory!.before);
    expect(turn.quality).toHaveLength(5);
    for (const { right, items, low, high, accuracy, error } of turn.quality!) {
      expect(error).toBeUndefined();
      expect(accuracy).toBe(right / items);
      expect(low <= accuracy && accuracy <= high).toBe(true);
    }
    expect(turn.soak!.tokens).toBe(turn.soak!.requests * plan.newTokens);
    expect(turn.soak!.slope).toBeUndefined();
  });
});

describe("a round", () => {
  it("asks for prompts that no round before had, and tells the tokens that the bare decode repeats", async () => {
    const model = await openLocalModel({ path, gpu: "off", threads: 1, context: contextNeeded(plan) });
    try {
      const rounds: Round[] = [];
      await measureSpeed(model, { plan: { ...plan, seconds: 0.2 }, onRound: (round) => rounds.push(round) });
      const prompts = rounds.flatMap((round) => round.prompts.map((prompt) => prompt.join()));
      expect(new Set(prompts).size).toBe(prompts.length);
      for (const round of rounds) {
        expect(round.prompts.every((prompt) => prompt.length === plan.promptTokens)).toBe(true);
        expect(round.answers.every((answer) => answer.length === plan.newTokens)).toBe(true);
      }
    } finally {
      await model.close();
    }
  });
});

describe("where time goes", () => {
  it("is told token by token, and the parts add up to the clock's time", async () => {
    const steps: StepTimes[] = [];
    const model = await openLocalModel({ path, gpu: "off", threads: 1, onStep: (step) => steps.push(step) });
    try {
      const ids = await model.tokenize("The quick brown", { bos: true });
      for await (const _ of model.generate({ prompt: ids, maxTokens: 5, ignoreEos: true }));
      const sum = (of: (step: StepTimes) => number) => steps.reduce((total, step) => total + of(step), 0);
      expect(sum(({ tokens }) => tokens.prompt)).toBe(ids.length);
      // The last token is chosen and never decoded.
      expect(sum(({ tokens }) => tokens.generating)).toBe(4);
      expect(sum(({ free }) => free.tokens)).toBe(5);
      expect(sum(({ constrained }) => constrained.tokens)).toBe(0);
      const tail = [ids.at(-1)!];
      for await (const _ of model.probe(ids, [{ tail, target: 300 }]));
      expect(sum(({ tokens }) => tokens.probing)).toBeGreaterThan(0);

      const times = await measureTimes(model, { ...plan, parallel: 2, newTokens: 8, steps });
      expect(times.map(({ workload }) => workload)).toEqual(["free text", "JSON by grammar"]);
      expect(steps.reduce((total, step) => total + step.constrained.tokens, 0)).toBe(16);
      for (const { total, seconds } of times) {
        const parts = TIME_PARTS.reduce((all, part) => all + seconds[part], 0);
        expect(parts).toBeCloseTo(total, 6);
        expect(seconds.prompt).toBeGreaterThan(0);
        expect(seconds.decode).toBeGreaterThan(0);
      }
      expect(times[0]!.seconds.grammar).toBe(0);
    } finally {
      await model.close();
    }
  });
});

describe("perplexity", () => {
  it("of the bundled text is the same again, and higher where its words are sorted", async () => {
    const model = await openLocalModel({
      path,
      gpu: "off",
      threads: 1,
      stepMs: Number.POSITIVE_INFINITY,
      keepTokens: 0,
    });
    try {
      const measure = (text: string) => measurePerplexity(model, text, { window: 128 });
      const found = await measure(SAMPLE_TEXT);
      expect(await measure(SAMPLE_TEXT)).toEqual(found);
      expect(perplexityRatio(found, found)).toEqual({ ratio: 1, low: 1, high: 1 });
      const shuffled = await measure(SAMPLE_TEXT.split(" ").toSorted().join(" "));
      expect(shuffled.low).toBeGreaterThan(found.high);
      expect(found.bytes).toBeGreaterThan(0.99 * SAMPLE_TEXT.length);
      expect(found.bitsPerByte).toBeGreaterThan(0);
    } finally {
      await model.close();
    }
  });
});
