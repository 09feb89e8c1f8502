import { describe, expect, it } from "vitest";
import { createScriptedModel, type GenerateRequest, type LanguageModel } from "../engine/index.ts";
import type { AnswerEvent } from "./answer-event.ts";
import type { AnswerRequest, AnswerTool } from "./answer-request.ts";
import { prepareAnswer } from "./prepare-answer.ts";
import { runAnswer } from "./run-answer.ts";

/** A scripted model that says a text, or goes on with one character for ever. It takes grammars for followed. */
async function speaker(says: string, info: { context?: number } = {}) {
  let promptLength = 0;
  const seen: GenerateRequest[] = [];
  let script: readonly number[] = [];
  const model = createScriptedModel({
    info: { chatTemplate: "{{ bos_token }}[INST] {{ messages[0].content }} [/INST]", context: 2048, ...info },
    expected: (sequence) => script[sequence.length - promptLength] ?? model.info.eos,
  });
  script = await model.tokenize(says, { continuation: true });
  const speaking: LanguageModel = {
    ...model,
    generate({ grammar: _, ...request }) {
      seen.push(request);
      promptLength = request.prompt.length;
      return model.generate(request);
    },
  };
  return { model: speaking, seen };
}

async function answer(says: string, given: Partial<AnswerRequest>, info: { context?: number } = {}) {
  const { model, seen } = await speaker(says, info);
  const request: AnswerRequest = {
    input: { type: "messages", messages: [{ role: "user", content: "Hi" }] },
    ...given,
  };
  const prepared = await prepareAnswer(model, request);
  const events: AnswerEvent[] = [];
  let error: unknown;
  try {
    for await (const event of runAnswer(model, prepared)) events.push(event);
  } catch (thrown) {
    error = thrown;
  }
  const texts = events.flatMap((event) => (event.type === "text" ? [event.text] : []));
  return { events, texts, text: texts.join(""), end: events.at(-1), error, seen };
}

const add: AnswerTool = {
  name: "add",
  parameters: { type: "object", properties: { a: { type: "integer" } }, required: ["a"] },
};
const tools = [add];
const call = '{"tool_calls": [{"name": "add", "arguments": {"a": 1}}]}';
const sum = {
  type: "json-schema",
  name: "sum",
  schema: { type: "object", properties: { sum: { type: "integer" } }, required: ["sum"] },
} as const;

describe("an answer in text", () => {
  it("comes as it is written, without the space that begins it", async () => {
    const { texts, text, end } = await answer(" the cat and the dog", {});
    expect(text).toBe("the cat and the dog");
    expect(texts.length).toBeGreaterThan(3);
    expect(end).toMatchObject({ type: "end", reason: "stop", confidence: undefined });
  });

  it("has tokens whose texts are the text, and chances only where asked", async () => {
    const { events, text } = await answer(" the cat", { logprobs: 2 });
    const tokens = events.flatMap((event) => (event.type === "text" ? event.tokens : []));
    expect(tokens.map((token) => token.text).join("")).toBe(text);
    for (const { logprob, top } of tokens) {
      expect(logprob).toBeLessThan(0);
      expect(top).toHaveLength(2);
    }
    const plain = await answer(" the cat", { confidence: true });
    expect(JSON.stringify(plain.events)).not.toContain("logprob");
    expect(plain.end).toMatchObject({ confidence: expect.closeTo(0.99, 1) });
  });

  it("ends with length when its budget is used", async () => {
    const { text, end } = await answer("abcdef", { maxTokens: 3 });
    expect(text).toBe("abc");
    expect(end).toMatchObject({ reason: "length", usage: { completionTokens: 3 } });
    expect(end?.type === "end" && end.ids).toHaveLength(3);
  });

  it("ends before a stop string", async () => {
    const { text, end } = await answer("one, two, END three", { stop: ["END"] });
    expect(text).toBe("one, two, ");
    expect(end).toMatchObject({ reason: "stop" });
  });

  it("comes n times, each under its number", async () => {
    const { events } = await answer("ab", { n: 3 });
    for (const choice of [0, 1, 2]) {
      const own = events.filter((event) => event.choice === choice);
      expect(own.map((event) => (event.type === "text" ? event.text : event.type)).join()).toBe("a,b,end");
    }
  });

  it("keeps its first space after a raw prompt, and is given all that the context leaves", async () => {
    const { text, seen } = await answer(
      " the cat",
      { input: { type: "text", text: "Hi" } },
      { context: 100 },
    );
    expect(text).toBe(" the cat");
    expect(seen[0]!.maxTokens).toBe(100 - seen[0]!.prompt.length);
  });

  it("is cancelled by either signal", async () => {
    for (const where of ["request", "run"]) {
      const { model } = await speaker("x".repeat(500));
      const stop = new AbortController();
      const own = where === "request" ? { signal: stop.signal } : {};
      const prepared = await prepareAnswer(model, {
        input: { type: "messages", messages: [{ role: "user", content: "Hi" }] },
        ...own,
      });
      const run = async () => {
        for await (const event of runAnswer(model, prepared, {
          signal: where === "run" ? stop.signal : undefined,
        }))
          if (event.type === "text") stop.abort();
      };
      await expect(run()).rejects.toMatchObject({ code: "CANCELLED" });
    }
  });
});

describe("an answer with tools", () => {
  it("tells calls once, checked, and no text", async () => {
    const { events } = await answer(` ${call}`, { tools });
    expect(events).toMatchObject([
      { type: "calls", calls: [{ name: "add", arguments: '{"a":1}' }] },
      { type: "end", reason: "tool-calls" },
    ]);
  });

  it("holds text back only while it could be a call", async () => {
    const { texts } = await answer('{"tool_box": 1} ok', { tools });
    expect(texts[0]).toBe('{"tool_b');
    expect(texts.join("")).toBe('{"tool_box": 1} ok');
    expect((await answer("ok then", { tools })).texts[0]).toBe("o");
  });

  it("gives what only began like a call as text when it ends there", async () => {
    expect(await answer('{"tool', { tools })).toMatchObject({ text: '{"tool', end: { reason: "stop" } });
  });

  it.each([
    ["calls of other tools", '{"tool_calls": [{"name": "sub", "arguments": {}}]}', "names no tool"],
    ["arguments that the schema refuses", call.replace("1", '"1"'), "/a must be integer"],
  ])("fails on %s, should the grammar ever let them through", async (_, says, message) => {
    const { events, error } = await answer(says, { tools, toolChoice: "required" });
    expect(events).toEqual([]);
    expect(error).toMatchObject({ code: "OUTPUT_INVALID", message: expect.stringContaining(message) });
  });

  it("takes JSON that merely begins like calls for JSON, where a schema allows it", async () => {
    const { text, end } = await answer('{"tool_calls": 5}', { tools, format: { type: "json-object" } });
    expect(text).toBe('{"tool_calls": 5}');
    expect(end).toMatchObject({ reason: "stop" });
  });
});

describe("an answer in JSON", () => {
  it("comes as it is written and is checked at its end", async () => {
    const good = await answer(' {"sum": 3}', { format: sum });
    expect(good).toMatchObject({ text: '{"sum": 3}', end: { reason: "stop" } });
    const bad = await answer('{"sum": "3"}', { format: sum });
    expect(bad.error).toMatchObject({
      code: "OUTPUT_INVALID",
      message: expect.stringContaining("/sum must be integer"),
      details: { cause: "invalid", text: '{"sum": "3"}' },
    });
  });

  it("is whole when its last token is also the last of the budget", async () => {
    const says = '{"sum": 3}';
    const { end } = await answer(says, { format: sum, maxTokens: says.length });
    expect(end).toMatchObject({ reason: "stop" });
    const number = { ...sum, schema: { type: "integer" } };
    const cut = await answer("1234", { format: number, maxTokens: 3 });
    expect(cut.error).toMatchObject({
      code: "OUTPUT_INVALID",
      details: { cause: "max-tokens", text: "123" },
    });
  });

  it.each<[string, string, Partial<AnswerRequest>, object, RegExp]>([
    ["the request's budget", '{"sum": 300}', { format: sum, maxTokens: 5 }, {}, /the 5 tokens .*max_tokens/],
    [
      "the context",
      `{"a": "${"x".repeat(90)}"}`,
      { format: { type: "json-object" } },
      { context: 80 },
      /context of 80/,
    ],
    ["a stop string", '{"sum": 300}', { format: sum, stop: [":"] }, {}, /stop string/],
    [
      "the request's budget, in a call",
      call,
      { tools, maxTokens: 30 },
      {},
      /call of a tool was cut off.*max_tokens/,
    ],
  ])("says what cut it off: %s", async (_, says, request, info, message) => {
    const { error } = await answer(says, request, info);
    expect(error).toMatchObject({ code: "OUTPUT_INVALID", message: expect.stringMatching(message) });
    const { text } = (error as { details: { text: string } }).details;
    expect(text).not.toBe("");
    expect(says.startsWith(text)).toBe(true);
  });
});
