import { describe, expect, test } from "vitest";
import { createScriptedModel, type ScriptedModelOptions } from "../../engine/scripted-model.ts";
import { toyVocabulary } from "../../engine/scripted-vocabulary.ts";
import { checkPrompts, compilePrompt, successRate, validateTokens } from "./validate.ts";
import { VALIDATION_PROMPTS } from "./validation-prompts.ts";

const SETTINGS = { attempts: 1, maxTokens: 8, threshold: 0.5 };
const toy = toyVocabulary();
const tokenOf = (text: string) => ({ id: toy.findIndex((token) => token.text === text), text });
const CONTROLS = ["cat", "dog", " river", " stone", "s", "'"].map(tokenOf);

async function setUp(options: ScriptedModelOptions = {}) {
  const model = createScriptedModel(options);
  const { kept, checks } = await checkPrompts(model, CONTROLS.slice(0, 4), SETTINGS);
  return { model, kept, checks };
}

test("uses the first form of each wording that normal tokens pass, and drops what none passes", async () => {
  const { kept, checks } = await setUp();
  // The scripted model copies within quotes only, so the form without a prefill fails and the quoted one serves.
  expect(checks.map(({ form, kept: isKept }) => [form, isKept])).toEqual([
    ["exactly/quoted", true],
    ["means/system", true],
    ["question/system", true],
  ]);
  expect(kept).toHaveLength(3);
  const broken = await setUp({ fails: () => true });
  expect(broken.kept).toEqual([]);
  expect(broken.checks.every((check) => !check.kept && check.passRate === 0)).toBe(true);
});

test("a normal token is repeated, a glitch token is not", async () => {
  const glitch = tokenOf(" stone");
  const { kept } = await setUp();
  const model = createScriptedModel({ glitches: [glitch.id] });
  const [normal, broken] = await validateTokens(model, kept, [tokenOf(" river"), glitch], SETTINGS, 1);
  expect(normal).toMatchObject({ asr: 0 });
  expect(broken).toMatchObject({ asr: 1, asrHigh: 1 });
  expect(broken!.attempts).toHaveLength(3);
});

test("reads no further than it takes to know, however many tokens are allowed", async () => {
  const glitch = tokenOf(" stone");
  const { kept } = await setUp();
  const model = createScriptedModel({
    glitches: [glitch.id],
    expected: (sequence) => (sequence.includes(glitch.id) ? glitch.id : undefined),
  });
  const settings = { ...SETTINGS, maxTokens: 300 };
  const [result] = await validateTokens(model, kept, [glitch], settings, 1);
  for (const { text, repeated } of result!.attempts) {
    expect(repeated).toBe(false);
    expect((await model.tokenize(text, { continuation: true })).length).toBeLessThan(20);
  }
});

test.each(["s", " ", "'", "a"])("short and blank token %j is judged like any other", async (text) => {
  const token = tokenOf(text);
  const { kept } = await setUp();
  const works = await validateTokens(createScriptedModel(), kept, [token], SETTINGS, 1);
  expect(works[0]!.asr).toBe(0);
  // The other token that the model says instead may well contain the text: that is no repetition.
  const says = tokenOf(" Answer").id;
  const broken = createScriptedModel({
    fails: (_, id) => id === token.id,
    expected: (sequence) => (sequence.length > 400 ? undefined : says),
  });
  const fails = await validateTokens(broken, kept, [token], SETTINGS, 1);
  expect(fails[0]!.asr).toBe(1);
});

test("attempts are seeded by run, token, prompt and attempt, greedy ones count once", async () => {
  const { model, kept } = await setUp();
  const tokens = [tokenOf("cat"), tokenOf("dog")];
  const settings = { ...SETTINGS, attempts: 10 };
  const sampled = await validateTokens(model, kept, tokens, settings, 5);
  expect(sampled).toEqual(await validateTokens(model, kept, tokens, settings, 5));
  const seeds = sampled.flatMap(({ attempts }) => attempts.map(({ seed }) => seed));
  expect(new Set(seeds).size).toBe(2 * 3 * 10);
  expect(sampled[0]!.attempts.every(({ temperature }) => temperature === 0.7)).toBe(true);
  const other = await validateTokens(model, kept, tokens, settings, 6);
  expect(other[0]!.attempts[0]!.seed).not.toBe(sampled[0]!.attempts[0]!.seed);
  const greedy = await validateTokens(model, kept, tokens, SETTINGS, 5);
  expect(greedy[0]!.attempts).toHaveLength(3);
});

test("an attempt fails only if every prompt fails in it", () => {
  const attempt = (prompt: string, number: number, repeated: boolean) => ({
    prompt,
    attempt: number,
    seed: 0,
    temperature: 0.7,
    text: "",
    repeated,
  });
  const rate = successRate([
    attempt("a", 0, false),
    attempt("b", 0, true),
    attempt("a", 1, false),
    attempt("b", 1, false),
  ]);
  expect(rate.asr).toBe(0.5);
  expect(rate.asrLow).toBeLessThan(0.5);
  expect(rate.asrHigh).toBeGreaterThan(0.5);
});

describe.each(VALIDATION_PROMPTS.flatMap(({ id, forms }) => forms.map((form) => ({ id, form }))))(
  "form $form.id",
  ({ id, form }) => {
    test("is spliced by id and says what closes the answer", async () => {
      const model = createScriptedModel();
      const prompt = (await compilePrompt(model, id, form))!;
      const text = Buffer.concat(prompt.tail.map((at) => Buffer.from(model.tokenBytes(at)))).toString();
      expect(text).toBe(`${form.after} [/INST]${form.prefill}`);
      expect(form.prefill.endsWith(form.closer ?? "")).toBe(true);
    });
  },
);
