// Both ends of a runner in one process, with a scripted model: what must hold whatever runs the model. That it holds
// over a real process is in test/native/runner.test.ts.

import { getEventListeners } from "node:events";
import { setImmediate as turn } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { AppError } from "../../errors.ts";
import { describeLanguageModel } from "../../testing/language-model-contract.ts";
import { collect } from "../../testing/language-model-contract-generate.ts";
import type { LanguageModel } from "../language-model.ts";
import { createScriptedModel, type ScriptedModelOptions } from "../scripted-model.ts";
import { createOutbox } from "./outbox.ts";
import { createReplies } from "./reply-batch.ts";
import { windowRows } from "./row-window.ts";
import { createRunnerCalls } from "./runner-calls.ts";
import type { ParentMessage, ReplyBatch } from "./runner-protocol.ts";
import { serveCalls } from "./serve-calls.ts";
import { packVocabulary } from "./vocabulary-table.ts";

/** A model behind a channel that copies as a process's does and takes a turn of the event loop each way. */
function link(options: ScriptedModelOptions = {}, extra: Partial<LanguageModel> = {}) {
  const model: LanguageModel = { ...createScriptedModel(options), ...extra };
  const received: ReplyBatch[] = [];
  const sent: ParentMessage[] = [];
  const state = () => ({ usage: model.usage, resident: 1 });
  const send = (batch: ReplyBatch) => {
    const copy = structuredClone(batch);
    setImmediate(() => {
      received.push(copy);
      calls.receive(copy);
    });
  };
  const server = serveCalls(model, createReplies({ send, state }));
  const outbox = createOutbox<ParentMessage>({
    send(messages) {
      const copy = structuredClone(messages);
      sent.push(...copy);
      setImmediate(() => {
        for (const message of copy)
          if (message.type !== "open" && message.type !== "close") server.handle(message);
      });
    },
    onRefused: (message, error) => calls.refuse(message, error),
  });
  const { info } = model;
  const vocabulary = packVocabulary(info.vocabulary, model);
  const opened = { info, vocabulary, keepsPrompts: model.promptCache !== undefined, state: state() };
  const calls = createRunnerCalls(opened, outbox.push);
  const remote: LanguageModel = {
    ...calls.methods,
    async close() {
      calls.end(() => new AppError("CANCELLED", "The model is closed."));
      await model.close();
    },
  };
  return { remote, calls, server, received, sent };
}

describeLanguageModel("both ends of a runner", async () => link().remote);

const PROMPT = [1, 20, 21];

describe("calls", () => {
  it("that come together go in one message, and what they give in one step comes in one", async () => {
    const { remote, received, sent } = link();
    const all = Array.from({ length: 8 }, () =>
      collect(remote.generate({ prompt: PROMPT, maxTokens: 4, ignoreEos: true })),
    );
    await turn();
    expect(sent.map(({ type }) => type)).toEqual(Array(8).fill("call"));
    const answers = await Promise.all(all);
    expect(new Set(answers.map((events) => JSON.stringify(events))).size).toBe(1);
    expect(received.length).toBeLessThan(answers.flat().length / 4);
  });

  it("leave nothing on a signal that outlives them", async () => {
    const { remote } = link();
    const { signal } = new AbortController();
    await collect(remote.generate({ prompt: PROMPT, maxTokens: 2, signal }));
    await remote.score(PROMPT, { signal });
    for await (const _ of remote.generate({ prompt: PROMPT, maxTokens: 9, ignoreEos: true, signal })) break;
    expect(getEventListeners(signal, "abort")).toHaveLength(0);
  });

  it("that are stopped fail at once, and end at the other end as well", async () => {
    const { remote, server } = link({ intercept: () => turn() });
    const stop = new AbortController();
    const running = remote.score(PROMPT, { signal: stop.signal });
    const generating = collect(
      remote.generate({ prompt: PROMPT, maxTokens: 500, ignoreEos: true, signal: stop.signal }),
    );
    await turn();
    await turn();
    expect(server.active).toBe(2);
    stop.abort();
    await expect(running).rejects.toMatchObject({ code: "CANCELLED" });
    await expect(generating).rejects.toMatchObject({ code: "CANCELLED" });
    for (let i = 0; i < 10; i++) await turn();
    expect(server.active).toBe(0);
  });

  it("give nothing more once they are stopped, however much has come already", async () => {
    const { remote } = link();
    const stop = new AbortController();
    const seen: unknown[] = [];
    const reading = (async () => {
      const request = { prompt: PROMPT, maxTokens: 50, ignoreEos: true, signal: stop.signal };
      for await (const event of remote.generate(request)) {
        seen.push(event);
        // A reader that is slow: meanwhile the next ones arrive.
        for (let i = 0; i < 20; i++) await turn();
        if (seen.length === 2) stop.abort();
      }
    })();
    await expect(reading).rejects.toMatchObject({ code: "CANCELLED" });
    expect(seen).toHaveLength(2);
  });

  it("that cannot be sent fail alone", async () => {
    const { remote } = link();
    const jsonSchema = { type: "object", check: () => true };
    const bad = collect(remote.generate({ prompt: PROMPT, maxTokens: 2, jsonSchema }));
    const good = collect(remote.generate({ prompt: PROMPT, maxTokens: 2, ignoreEos: true }));
    await expect(bad).rejects.toThrow(/could not be cloned/);
    expect(await good).toHaveLength(3);
  });

  it("fail with the reason, those in flight and those after, once it has ended", async () => {
    const { remote, calls } = link();
    const inFlight = remote.score(PROMPT);
    const lost = () => new AppError("RUNNER_LOST", "It ended.");
    calls.end(lost);
    calls.end(() => new AppError("CANCELLED", "The model is closed."));
    await expect(inFlight).rejects.toMatchObject({ code: "RUNNER_LOST" });
    await expect(remote.tokenize("a")).rejects.toMatchObject({ code: "RUNNER_LOST" });
    await expect(collect(remote.probe([], [{ tail: [1], target: 1 }]))).rejects.toMatchObject({
      code: "RUNNER_LOST",
    });
  });

  it("pass the cache of prompts on where there is one", async () => {
    expect(link().remote.promptCache).toBeUndefined();
    const promptCache = {
      save: async (tokens: readonly number[], path: string) => ({
        tokens: tokens.length,
        bytes: path.length,
      }),
      load: async (path: string) => {
        throw new AppError("DATA_UNAVAILABLE", `${path} is damaged.`);
      },
    };
    const { remote } = link({}, { promptCache });
    expect(await remote.promptCache!.save(PROMPT, "four")).toEqual({ tokens: 3, bytes: 4 });
    await expect(remote.promptCache!.load("x")).rejects.toMatchObject({ code: "DATA_UNAVAILABLE" });
  });

  it("count as waiting until the other end counts them", async () => {
    const usage = { cells: 9, reserved: 0, cached: 0, active: 0, waiting: 0 };
    const { remote, calls } = link({}, { usage });
    const work = Promise.all([remote.score(PROMPT), remote.score(PROMPT), remote.tokenize("a")]);
    expect(calls.usage).toMatchObject({ active: 0, waiting: 2 });
    await work;
    expect(calls.usage).toMatchObject({ active: 0, waiting: 0 });
  });
});

describe("rows of distributions", () => {
  const LONG = Array.from({ length: 400 }, (_, at) => at % 30);

  it("are the reader's own, and come in full", async () => {
    const { remote } = link();
    const rows = await collect(remote.distributions(LONG));
    expect(rows).toHaveLength(LONG.length);
    for (const row of rows) expect(row.byteLength).toBe(row.buffer.byteLength);
  });

  it("wait at the other end for a reader that is slow, and are given up with it", async () => {
    const width = createScriptedModel().info.vocabulary;
    async function* distributions(tokens: readonly number[]) {
      for (const _ of tokens) yield new Float32Array(width);
    }
    const { remote, received, server } = link({}, { distributions });
    const arrived = () => received.flatMap(({ items }) => [...items.values()]).flat().length;
    const window = windowRows(width);
    const many = Array.from({ length: 3 * window }, () => 1);
    let read = 0;
    for await (const _ of remote.distributions(many)) {
      for (let i = 0; i < 4; i++) await turn();
      read++;
      expect(arrived() - read).toBeLessThanOrEqual(window);
      if (read === 3) break;
    }
    for (let i = 0; i < 4; i++) await turn();
    expect(server.active).toBe(0);
    expect(windowRows(32_000) * 32_000 * 4).toBeLessThanOrEqual(8 * 2 ** 20);
  });
});
