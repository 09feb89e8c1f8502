import { expect, test, vi } from "vitest";
import { createScriptedModel, type ScriptedModelOptions } from "../../engine/scripted-model.ts";
import { toyVocabulary } from "../../engine/scripted-vocabulary.ts";
import { AppError } from "../../errors.ts";
import type { RunEvent } from "../../events.ts";
import { scriptedMine, toyGlitches } from "../../testing/scripted-mine.ts";
import { mine } from "./mine.ts";
import type { MineWishes } from "./mine-settings.ts";

const GLITCHES = toyGlitches();

const begin = (wishes: MineWishes = {}, script?: ScriptedModelOptions) =>
  scriptedMine({ pageSize: 32, ...wishes }, script);

const idsOf = (result: Awaited<ReturnType<typeof mine>>, verdict: string) =>
  result.tokens
    .filter((token) => token.verdict === verdict)
    .map(({ id }) => id)
    .sort((a, b) => a - b);

test("a census finds exactly the tokens that the model cannot copy", async () => {
  const { go, run } = begin();
  const result = await go();
  expect(result.status).toBe("done");
  expect(idsOf(result, "glitch")).toEqual(GLITCHES);
  expect(result.counts).toMatchObject({
    tested: result.classes.normal,
    glitch: GLITCHES.length,
    uncertain: 0,
  });
  expect(result.recall).toEqual({ estimate: 1, low: 1, high: 1 });
  expect(result.templates.filter(({ kept }) => kept).map(({ template }) => template)).toContain("arrow");
  expect(run.status()).toBe("done");
  expect(run.document()).toEqual(JSON.parse(JSON.stringify(result)));
});

test("every verdict comes with the evidence of its templates and attempts", async () => {
  const result = await begin().go();
  const glitch = result.tokens.find(({ verdict }) => verdict === "glitch")!;
  expect(glitch.probes.length).toBeGreaterThanOrEqual(3);
  expect(glitch.probes.every(({ failed }) => failed)).toBe(true);
  expect(glitch.attempts!.map(({ repeated }) => repeated)).toEqual([false, false, false]);
  expect([glitch.asr, glitch.asrHigh]).toEqual([1, 1]);
  expect(Object.keys(glitch.indicators)).toContain("outputUnusedDistance");
  const normal = result.tokens.find(({ verdict }) => verdict === "normal")!;
  expect(normal.probes).toHaveLength(1);
  expect(normal).toMatchObject({ rank: 1, asr: undefined });
});

test("a budget in tokens is kept to the token, and recall is estimated from the sample", async () => {
  const result = await begin({ budget: { probes: 40 } }).go();
  expect(result.counts.tested).toBe(40);
  expect(result.tokens).toHaveLength(40);
  expect(result.budget).toEqual({ probes: 40 });
  const { estimate, low, high } = result.total!;
  expect(low).toBe(GLITCHES.length);
  expect(result.recall).toEqual({
    estimate: GLITCHES.length / estimate,
    low: GLITCHES.length / high,
    high: 1,
  });
  expect(result.status).toBe("done");
  // The indicators point at the glitches, so the first forty hold them all.
  expect(idsOf(result, "glitch")).toEqual(GLITCHES);
});

test("a time budget ends at a page's end", async () => {
  let clock = 0;
  const intercept = () => {
    clock += 100;
  };
  const result = await begin({ budget: { seconds: 40 } }, { intercept }).go({ now: () => clock });
  expect(result.counts.tested).toBeGreaterThan(0);
  expect(result.counts.tested % 32).toBe(0);
  expect(result.counts.tested).toBeLessThan(result.classes.normal);
});

test("a time budget counts the sittings before", async () => {
  let clock = 0;
  const abort = new AbortController();
  const intercept = () => {
    clock++;
    if (clock === 400) abort.abort();
  };
  const { go } = begin({ budget: { seconds: 410 } }, { intercept });
  const now = () => clock * 1_000;
  const first = await go({ now, signal: abort.signal });
  expect(first.status).toBe("interrupted");
  const stored = first.counts.tested;
  const second = await go({ now });
  expect(second.seconds).toBeGreaterThanOrEqual(410);
  expect(second.counts.tested - stored).toBeLessThanOrEqual(32);
});

test("an abort keeps the finished pages, and resuming gives the uninterrupted document", async () => {
  const whole = await begin().go();
  const abort = new AbortController();
  let probes = 0;
  const intercept = () => {
    probes++;
    if (probes === 450) abort.abort();
  };
  const { go, run } = begin({}, { glitches: GLITCHES, intercept });
  const first = await go({ signal: abort.signal });
  expect(first.status).toBe("interrupted");
  expect(run.status()).toBe("interrupted");
  expect(first.counts.tested).toBeGreaterThan(0);
  expect(first.counts.tested).toBeLessThan(whole.counts.tested);
  const resumed = await go();
  expect({ ...resumed, seconds: 0 }).toEqual({ ...whole, seconds: 0 });
});

test("a signal given up before the start leaves an empty interrupted run", async () => {
  const { go, run } = begin();
  const result = await go({ signal: AbortSignal.abort() });
  expect(result).toMatchObject({ status: "interrupted", counts: { tested: 0 } });
  expect(run.pages).toHaveLength(0);
});

test.each([
  ["pause", "paused"],
  ["stop", "interrupted"],
] as const)("a request to %s is read once a page", async (request, status) => {
  const { go, run } = begin();
  run.ask(request);
  const result = await go();
  expect(result.status).toBe(status);
  expect(result.counts.tested).toBe(0);
  expect((await go()).status).toBe("done");
});

test("a token that the engine cannot answer is a row with its error, and the run partial", async () => {
  const bad = toyVocabulary().findIndex(({ text }) => text === " monkey");
  const { go } = begin(
    {},
    {
      glitches: GLITCHES,
      intercept: ({ kind, sequence }) => {
        const isCensus = kind === "probe" && sequence.includes(bad) && isRunning;
        if (isCensus) throw new AppError("MODEL_INVALID", "not a number");
      },
    },
  );
  let isRunning = false;
  const result = await go({
    onEvent: (event) => {
      if (event.type === "stage-start" && event.stage === "census") isRunning = true;
    },
  });
  expect(result.status).toBe("partial");
  expect(result.tokens.find(({ id }) => id === bad)).toMatchObject({
    verdict: "untested",
    error: "not a number",
  });
  expect(result.counts.tested).toBe(result.classes.normal - 1);
  expect(result.recall).toBeUndefined();
  expect(idsOf(result, "glitch")).toEqual(GLITCHES);
});

test("an engine that fails on every token fails the run, not each token", async () => {
  let isRunning = false;
  const { go, run } = begin(
    {},
    {
      intercept: ({ kind }) => {
        if (kind === "probe" && isRunning) throw new AppError("OUT_OF_MEMORY", "no room");
      },
    },
  );
  const onEvent = (event: RunEvent) => {
    if (event.type === "stage-start" && event.stage === "census") isRunning = true;
  };
  await expect(go({ onEvent })).rejects.toMatchObject({ code: "OUT_OF_MEMORY" });
  expect(run.status()).toBe("failed");
  isRunning = false;
  expect((await go()).status).toBe("done");
});

test("a model on which no template works gets no verdicts", async () => {
  const { go, run } = begin({}, { fails: () => true });
  await expect(go()).rejects.toMatchObject({
    code: "UNSUPPORTED",
    hint: expect.stringContaining("instruct"),
  });
  expect(run.status()).toBe("failed");
});

test("a template on which normal tokens fail is dropped and named, and no token suffers", async () => {
  const model = createScriptedModel();
  const input = (await model.tokenize("Input", { continuation: true }))[0]!;
  const { go } = begin(
    {},
    { fails: (sequence, id) => GLITCHES.includes(id) || sequence.filter((at) => at === input).length > 1 },
  );
  const result = await go();
  expect(result.templates.find(({ template }) => template === "echo")).toMatchObject({
    kept: false,
    passRate: 0,
  });
  expect(result.notes!.join()).toContain('template "echo" dropped');
  expect(idsOf(result, "glitch")).toEqual(GLITCHES);
});

test("a token that is repeated when really asked for is uncertain", async () => {
  const odd = GLITCHES[0]!;
  const model = createScriptedModel();
  const quote = (await model.tokenize("'", { continuation: true }))[0]!;
  const { go } = begin({}, { fails: (sequence, id) => id === odd && !sequence.includes(quote) });
  const result = await go();
  expect(idsOf(result, "uncertain")).toEqual([odd]);
  const token = result.tokens.find(({ id }) => id === odd)!;
  expect(token.asr).toBe(0);
  expect(token.probes.every(({ failed }) => failed)).toBe(true);
});

test("resuming with rows of another run is refused", async () => {
  const { go, run } = begin({ budget: { probes: 40 } });
  await go();
  const rows = run.rows().map((row) => (row.key === "token:300" ? { ...row, key: "x" } : row));
  const stored = rows.map((row) =>
    row.key.startsWith("token:") ? { key: "token:999", data: { ...(row.data as object), id: 999 } } : row,
  );
  await expect(go({ stored })).rejects.toMatchObject({ code: "RUN_MISMATCH" });
});

test("tells its stages, its notes and its end, and stores them with the pages", async () => {
  const events: RunEvent[] = [];
  const { go, run } = begin();
  await go({ onEvent: (event) => events.push(event) });
  expect(events[0]).toMatchObject({ type: "run-start", kind: "mine", resumedFrom: 0 });
  expect(events.filter((event) => event.type === "stage-start").map((event) => event.stage)).toEqual([
    "indicators",
    "controls",
    "census",
  ]);
  expect(events.at(-1)).toMatchObject({ type: "run-end", status: "done" });
  expect(run.events.filter((event) => event.type === "stage-progress").at(-1)).toMatchObject({
    found: GLITCHES.length,
  });
});

test("without weights the order is random and the reader is told", async () => {
  const onEvent = vi.fn();
  const { model, settings, run } = begin({ budget: { probes: 64 } });
  const result = await mine({ model, settings, writer: run.writer(), onEvent });
  expect(onEvent).toHaveBeenCalledWith({
    type: "run-note",
    message: expect.stringContaining("random order"),
  });
  expect(result.tokens.every(({ indicators }) => Object.keys(indicators).length === 0)).toBe(true);
});

test("lists untested tokens of every class when asked", async () => {
  const result = await begin({ budget: { probes: 32 } }).go({ everyToken: true });
  expect(result.tokens).toHaveLength(result.counts.vocabulary);
  expect(result.tokens.filter(({ verdict }) => verdict === "untested")).toHaveLength(
    result.counts.vocabulary - 32,
  );
});
