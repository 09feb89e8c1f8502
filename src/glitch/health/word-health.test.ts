import { expect, test } from "vitest";
import { createScriptedModel, type ScriptedModelOptions } from "../../engine/index.ts";
import { AppError } from "../../errors.ts";
import type { RunEvent } from "../../events.ts";
import { scriptedIndicators } from "../../testing/scripted-mine.ts";
import type { IndicatorTable } from "../indicators/indicators.ts";
import { combineHealth, measureHealth } from "./token-health.ts";
import { measureWordHealth } from "./word-health.ts";

/** Candidates 0 to 4, and a byte token 5 that is none. */
const classes = [...Array.from({ length: 5 }, () => "normal" as const), "byte" as const];
const vocabulary = { candidates: [0, 1, 2, 3, 4], classes };
const prior = Float64Array.of(-9, -8, -7, -6, -5, -8.5);
const table = (cosines: number[]) =>
  ({ output: { meanCosine: Float32Array.from(cosines) } }) as unknown as IndicatorTable;

test("health is the place of the mean place, and others are placed among the candidates", () => {
  const result = combineHealth(vocabulary, prior, table([0.1, 0.3, 0.2, 0.5, 0.4, 0.05]));
  // The mean places of the candidates; that of the byte, (0.2 + 0) / 2, equals the first one's.
  expect([...result.health].map((share) => Number(share.toFixed(6)))).toEqual([0.1, 0.4, 0.4, 0.8, 0.8, 0.1]);
  expect(result.ingredients.map(({ id }) => id)).toEqual(["prior", "direction"]);
  expect(result.ingredients[1]!.agreement).toBeCloseTo(0.8, 12);
  expect(result.notes).toEqual([]);
});

test("weights that contradict the model are left out, and a row that lacks is no figure", () => {
  const against = combineHealth(vocabulary, prior, table([0.5, 0.4, 0.3, 0.2, 0.1, 0.1]));
  expect(against.ingredients.map(({ id }) => id)).toEqual(["prior"]);
  expect(against.notes.join()).toContain("left out");
  const short = combineHealth(vocabulary, prior, table([0.1, 0.2, 0.3, 0.4, 0.5]));
  expect(short.health[5]).toBeCloseTo(0.2, 12);
});

const words = ["cat", "zebra crossing", "日本", "cat\u202e"].map((text, index) => ({
  line: index + 1,
  text,
}));

function ask(options: ScriptedModelOptions = {}) {
  const model = createScriptedModel(options);
  const events: RunEvent[] = [];
  const readIndicators = scriptedIndicators(model, []);
  const onEvent = (event: RunEvent) => events.push(event);
  return { model, events, settings: { model, seed: 3, readIndicators, onEvent, words } };
}

test("lists words with the weakest first, each by its weakest token", async () => {
  const { model, settings, events } = ask();
  const result = await measureWordHealth(settings);
  expect(result.words.map(({ line }) => line).sort()).toEqual([1, 2, 3, 4]);
  const healths = result.words.map(({ health }) => health);
  expect(healths).toEqual([...healths].sort((a, b) => a - b));
  for (const { line, tokens, weakest, health } of result.words) {
    const ids = await model.tokenize(` ${words[line - 1]!.text}`, { continuation: true });
    expect(tokens.map(({ id }) => id)).toEqual(ids);
    expect(health).toBe(Math.min(...tokens.map((token) => token.health)));
    expect(tokens[weakest]!.health).toBe(health);
    expect(tokens.every((token) => token.health >= 0 && token.health <= 1 && token.verdict === null)).toBe(
      true,
    );
  }
  expect(result.words.find(({ line }) => line === 4)!.text).toBe("cat\\u{202e}");
  expect(events.map(({ type }) => type)).toEqual(
    expect.arrayContaining(["stage-start", "stage-progress", "stage-end"]),
  );
});

test("is the same for the same seed, and JSON holds all of it", async () => {
  const first = await measureWordHealth(ask().settings);
  expect(await measureWordHealth(ask().settings)).toEqual(first);
  expect(JSON.parse(JSON.stringify(first))).toEqual(first);
});

test("shows the verdicts of a mine beside the health, which they do not change", async () => {
  const { model, settings } = ask();
  const [id] = await model.tokenize(" cat", { continuation: true });
  const evidence = { id: id!, verdict: "glitch" } as never;
  const result = await measureWordHealth({ ...settings, mine: { run: "mine-1", tokens: [evidence] } });
  expect(result.run).toBe("mine-1");
  const tokens = result.words.flatMap((word) => word.tokens);
  expect(tokens.find((token) => token.id === id)!.verdict).toBe("glitch");
  expect(new Set(tokens.map(({ verdict }) => verdict))).toEqual(new Set(["glitch", "untested"]));
  const plain = await measureWordHealth(settings);
  expect(plain.words.map(({ health }) => health)).toEqual(result.words.map(({ health }) => health));
});

test("a stop and a failing model end it", async () => {
  const { settings } = ask();
  const stopped = measureHealth({
    ...settings,
    signal: AbortSignal.abort(new AppError("CANCELLED", "stop")),
  });
  await expect(stopped).rejects.toMatchObject({ code: "CANCELLED" });
  const broken = ask({
    intercept: ({ kind }) => {
      if (kind === "distributions") throw new AppError("MODEL_INVALID", "not a number");
    },
  });
  await expect(measureHealth(broken.settings)).rejects.toMatchObject({ code: "MODEL_INVALID" });
});

test("without weights the prior stands alone and the reader is told", async () => {
  const { model } = ask();
  const { ingredients, notes } = await measureHealth({ model });
  expect(ingredients.map(({ id }) => id)).toEqual(["prior"]);
  expect(notes.join()).toContain("cannot be read");
});
