import { afterEach, describe, expect, it } from "vitest";
import {
  createScriptedModel,
  type GenerateEvent,
  type GenerateRequest,
  type LanguageModel,
} from "../../engine/index.ts";
import { AppError } from "../../errors.ts";
import type { MemoryPrediction } from "../../models/index.ts";
import type { CheckRow } from "./check.ts";
import { INTEGRATION_CHECKS } from "./checks.ts";
import { runChecks, selectChecks } from "./run-checks.ts";
import { createSession, type SessionOptions } from "./session.ts";

const MIB = 2 ** 20;
const prediction: MemoryPrediction = {
  source: "estimated",
  ram: { mapped: 10 * MIB, copied: 0, kvCache: 5 * MIB, compute: 5 * MIB },
  gpus: [],
  weights: 10 * MIB,
  kvCache: 5 * MIB,
  compute: 5 * MIB,
  total: 20 * MIB,
};

const open: LanguageModel[] = [];
afterEach(async () => {
  for (const model of open.splice(0)) await model.close();
});

/** The rows of these checks on a scripted model, of which `faults` replaces parts. */
async function rowsOf(
  ids: readonly string[],
  faults: (model: LanguageModel) => Partial<LanguageModel> = () => ({}),
  options: Partial<SessionOptions> = {},
): Promise<Record<string, CheckRow>> {
  const model = createScriptedModel();
  open.push(model);
  const session = createSession({
    suite: "integration",
    seed: 1,
    model: { ...model, ...faults(model) },
    loadSeconds: 0.5,
    memory: { growth: () => 30 * MIB },
    predictMemory: async () => prediction,
    signal: new AbortController().signal,
    ...options,
  });
  const rows: Record<string, CheckRow> = {};
  for await (const row of runChecks(session, selectChecks(ids))) rows[row.id] = row;
  return rows;
}

/** The model's events, each through `change`. */
function changed(
  model: LanguageModel,
  change: (event: GenerateEvent, request: GenerateRequest) => GenerateEvent,
) {
  return async function* (request: GenerateRequest) {
    for await (const event of model.generate(request)) yield change(event, request);
  };
}

describe("the list of checks", () => {
  it("has ids of their own and says what each asks", () => {
    const ids = INTEGRATION_CHECKS.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const { id, asks } of INTEGRATION_CHECKS) {
      expect(id).toMatch(/^[a-z]+(-[a-z]+)*$/);
      expect(asks.length).toBeGreaterThan(20);
    }
  });

  it("keeps its order whatever the order of the ids, and suggests near names", () => {
    expect(selectChecks(["memory", "load"]).map(({ id }) => id)).toEqual(["load", "memory"]);
    expect(() => selectChecks(["tempalte"])).toThrow(
      expect.objectContaining({ code: "USAGE", hint: "Did you mean template?" }),
    );
    expect(() => selectChecks([""])).toThrow(expect.objectContaining({ code: "USAGE" }));
  });
});

describe("a check", () => {
  it("passes where the machinery works", async () => {
    const ids = ["load", "token-classes", "round-trip", "context", "abort", "memory"];
    const rows = await rowsOf(ids);
    expect(Object.keys(rows)).toEqual(ids);
    for (const row of Object.values(rows)) expect(row, row.message).toMatchObject({ status: "ok" });
    expect(rows.context!.message).toContain("1,024 tokens with one to come");
  });

  it("of round trips notices a lost byte", async () => {
    const { "round-trip": row } = await rowsOf(["round-trip"], (model) => ({
      detokenize: async (ids, options) => (await model.detokenize(ids, options)).replace("ç", "c"),
    }));
    expect(row!.status).toBe("fail");
    expect(row!.message).toContain("naïve");
  });

  it("of answers notices log-probabilities that are not numbers, and empty answers", async () => {
    const notNumbers = await rowsOf(["response"], (model) => ({
      generate: changed(model, (event) =>
        event.type === "token" ? { ...event, logprob: Number.NaN } : event,
      ),
    }));
    expect(notNumbers.response).toMatchObject({ status: "fail" });
    expect(notNumbers.response!.message).toContain("log-probabilities");
    const empty = await rowsOf(["response"], (model) => ({
      generate: changed(model, (event) => (event.type === "end" ? { ...event, text: " " } : event)),
    }));
    expect(empty.response).toMatchObject({ status: "fail", message: "All 3 answers are empty" });
  });

  it("of repetition notices a greedy answer that changes, and seeds that do nothing", async () => {
    let calls = 0;
    const changing = await rowsOf(["repeatable"], (model) => ({
      generate(request) {
        const shift = ++calls % 2;
        return changed(model, (event) =>
          event.type === "token" ? { ...event, id: event.id + shift } : event,
        )(request);
      },
    }));
    expect(changing.repeatable!.status).toBe("fail");
    const seedless = await rowsOf(["repeatable"], (model) => ({
      generate: (request) => model.generate({ ...request, seed: 1 }),
    }));
    expect(seedless.repeatable).toMatchObject({
      status: "fail",
      message: "Two seeds give the same text at temperature 1",
    });
  });

  it("of predictions notices a distribution that does not sum to 1", async () => {
    const { "raw-prediction": row } = await rowsOf(["raw-prediction"], (model) => ({
      async *distributions(tokens, options) {
        for await (const logs of model.distributions(tokens, options)) yield logs.map((log) => log + 0.01);
      },
    }));
    expect(row).toMatchObject({ status: "fail" });
    expect(row!.message).toContain("do not sum to 1");
  });

  it("of predictions notices probes that disagree with the distributions", async () => {
    const { "raw-prediction": row } = await rowsOf(["raw-prediction"], (model) => ({
      async *probe(prefix, cases, options) {
        for await (const result of model.probe(prefix, cases, options)) yield { ...result, p: result.p / 2 };
      },
    }));
    expect(row!.message).toContain("read in two ways");
  });

  it("of the context notices a prompt that is cut silently, and a refusal without counts", async () => {
    const taken = await rowsOf(["context"], (model) => ({
      generate: (request) => model.generate({ ...request, prompt: request.prompt.slice(-10) }),
    }));
    expect(taken.context!.message).toContain("was taken");
    const vague = await rowsOf(["context"], () => ({
      generate() {
        throw new AppError("CONTEXT_FULL", "Too long.");
      },
    }));
    expect(vague.context!.message).toContain("without the right counts");
  });

  it("of aborts notices a generation that goes on", async () => {
    const { abort } = await rowsOf(["abort"], (model) => ({
      generate: ({ signal: _, ...request }) => model.generate(request),
    }));
    expect(abort!.status).toBe("fail");
    expect(abort!.message).toContain("came after the abort");
  });

  it("of a live server tells what it answered, and notices broken rules, silence and errors", async () => {
    const reply = { model: "m", server: "http://127.0.0.1:1/v1", text: "river", seconds: 1 };
    const rule = (status: "pass" | "fail") => ({ id: "usage", status, reason: "There is no usage" });
    const row = async (askServer: SessionOptions["askServer"]) =>
      (await rowsOf(["live-server"], undefined, askServer && { askServer }))["live-server"]!;
    expect(await row(async () => ({ ...reply, rules: [rule("pass")] }))).toMatchObject({
      status: "ok",
      figures: { rules: 1, broken: 0, replySeconds: 1 },
    });
    const broken = await row(async () => ({ ...reply, rules: [rule("pass"), rule("fail")] }));
    expect(broken.status).toBe("fail");
    expect(broken.message).toContain("1 of 2 rules are broken; usage: There is no usage");
    expect(await row(async () => ({ ...reply, text: " ", rules: [rule("pass")] }))).toMatchObject({
      status: "warn",
    });
    expect(await row(() => Promise.reject(new AppError("MODEL_LOAD", "No server.")))).toMatchObject({
      ...{ status: "fail", message: "No server." },
    });
    expect(await row(undefined)).toMatchObject({ status: "warn", message: "No server was asked" });
  });

  it("of memory notices a peak above prediction and slack", async () => {
    const { memory } = await rowsOf(["memory"], undefined, { memory: { growth: () => 213 * MIB } });
    expect(memory).toMatchObject({ status: "fail" });
    expect(memory!.message).toBe(
      "Grew by 213 MiB at most; predicted are 20 MiB (estimated from the header) and 192 MiB for the program",
    );
  });

  it("that fails with an error is a row with its hint, and the next one runs", async () => {
    const rows = await rowsOf(["json", "context"]);
    expect(rows.json).toMatchObject({ status: "fail", message: "A scripted model follows no grammar." });
    expect(rows.context!.status).toBe("ok");
  });

  it("ends the suite when the user stops it, and when it is a bug", async () => {
    const control = new AbortController();
    control.abort(new AppError("CANCELLED", "Stopped."));
    await expect(rowsOf(["load"], undefined, { signal: control.signal })).rejects.toMatchObject({
      code: "CANCELLED",
    });
    const bug = () => ({ tokenize: () => Promise.reject(new TypeError("bug")) });
    await expect(rowsOf(["round-trip"], bug)).rejects.toThrow(TypeError);
  });
});

describe("verdicts", () => {
  const glitch = 300;
  const model = () => createScriptedModel({ glitches: [glitch] });

  it("agree with a mine that was right, and warn of one that was not", async () => {
    const scripted = model();
    open.push(scripted);
    const normal = Array.from({ length: 8 }, (_, i) => 310 + i);
    const known = (glitches: number[]) => ({
      knownVerdicts: async () => ({ run: "mine-1", glitch: glitches, normal }),
    });
    const right = await rowsOf(["glitch-tokens"], () => scripted, known([glitch]));
    expect(right["glitch-tokens"], right["glitch-tokens"]!.message).toMatchObject({
      status: "ok",
      figures: { glitch: 1, glitchAgree: 1, normal: 4, normalAgree: 4, source: "mine-1" },
    });
    const wrong = await rowsOf(["glitch-tokens"], () => scripted, known([330, 331]));
    expect(wrong["glitch-tokens"]).toMatchObject({ status: "warn", figures: { glitchAgree: 0 } });
  });

  it("mean nothing where controls fail", async () => {
    const scripted = createScriptedModel({ fails: () => true });
    open.push(scripted);
    const { "glitch-tokens": row } = await rowsOf(["glitch-tokens"], () => scripted);
    expect(row!.status).toBe("warn");
    expect(row!.message).toContain("verdicts mean nothing");
  });
});
