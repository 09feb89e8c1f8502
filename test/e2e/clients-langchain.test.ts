// LangChain's ChatOpenAI against a server with the bundled model, by chat completions and by responses.

import type { AIMessageChunk, UsageMetadata } from "@langchain/core/messages";
import { HumanMessage, ToolMessage } from "@langchain/core/messages";
import { tool } from "@langchain/core/tools";
import { ChatOpenAI, type ChatOpenAIFields } from "@langchain/openai";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { z } from "zod";
import {
  atWork,
  City,
  ENDLESS,
  IDLE,
  loseModel,
  MODEL,
  Opinion,
  OVERLONG,
  SERVE,
  SUM,
  sunIn,
  thrownBy,
} from "./client-questions.ts";
import { type ServeProcess, servers } from "./serve-process.ts";

const { start, remove } = servers();
let server: ServeProcess;
beforeAll(async () => {
  server = await start(SERVE);
});
afterAll(remove);

const chat = (fields: ChatOpenAIFields = {}) =>
  new ChatOpenAI({
    model: MODEL,
    temperature: 0,
    maxTokens: 60,
    // It repeats 422 as well, six times unless told otherwise, and longer pauses each time.
    maxRetries: 0,
    apiKey: "local",
    configuration: { baseURL: `${server.url}/v1` },
    ...fields,
  });
const weather = tool(async (city: z.infer<typeof City>) => sunIn(city), {
  name: "weather",
  description: "Tells the weather",
  schema: City,
});

/** Its type is lost in LangChain's generics. */
const usageOf = (message: { usage_metadata?: unknown }) => message.usage_metadata as UsageMetadata;

async function joined(stream: AsyncIterable<AIMessageChunk>): Promise<AIMessageChunk> {
  let all: AIMessageChunk | undefined;
  for await (const piece of stream) all = all ? all.concat(piece) : piece;
  return all!;
}

describe.each([
  ["chat completions", false],
  ["responses", true],
])("LangChain by %s", (_, useResponsesApi) => {
  const model = (fields: ChatOpenAIFields = {}) => chat({ useResponsesApi, ...fields });

  it("answers whole and streamed alike, with usage", async () => {
    const whole = await model().invoke(SUM.prompt);
    expect(whole.text).toBe(SUM.answer);
    expect(whole.response_metadata).toMatchObject({ model_name: MODEL });
    const streamed = await joined(await model().stream(SUM.prompt));
    expect(streamed.text).toBe(SUM.answer);
    expect(streamed.usage_metadata).toMatchObject({
      input_tokens: usageOf(whole).input_tokens,
      output_tokens: usageOf(whole).output_tokens,
    });
    expect(usageOf(whole).output_tokens).toBeGreaterThan(0);
  });

  // By responses LangChain 1.2.9 sends no choice but a named one: chat_models/responses.js keeps objects alone.
  it.each(useResponsesApi ? ["weather"] : ["any", "required", "weather"])(
    "calls its tool when the choice is %s",
    async (tool_choice) => {
      const bound = model().bindTools([weather], { tool_choice, strict: true, parallel_tool_calls: false });
      for (const { tool_calls } of [
        await bound.invoke("The weather"),
        await joined(await bound.stream("The weather")),
      ]) {
        expect(tool_calls).toHaveLength(1);
        expect(tool_calls![0]).toMatchObject({ name: "weather", id: expect.stringMatching(/./) });
        City.parse(tool_calls![0]!.args);
      }
    },
  );

  it("reads the result of a call", async () => {
    const bound = model().bindTools([weather], { tool_choice: "weather" });
    const question = new HumanMessage("The weather");
    const called = await bound.invoke([question]);
    const result = (await weather.invoke(called.tool_calls![0]!)) as ToolMessage;
    expect(result).toBeInstanceOf(ToolMessage);
    const told = await model()
      .bindTools([weather], { tool_choice: "none" })
      .invoke([question, called, result]);
    expect(told.tool_calls).toEqual([]);
    expect(usageOf(told).input_tokens).toBeGreaterThan(usageOf(called).output_tokens);
  });

  it("answers by a schema", async () => {
    const structured = model().withStructuredOutput(Opinion, { name: "opinion", method: "jsonSchema" });
    Opinion.parse(await structured.invoke(SUM.prompt));
    const pieces: unknown[] = [];
    for await (const piece of await structured.stream(SUM.prompt)) pieces.push(piece);
    Opinion.parse(pieces.at(-1));
  });

  it("raises errors as its own, which agents know", async () => {
    const overflow = await thrownBy(() => model().invoke(OVERLONG));
    expect(overflow.name).toBe("ContextOverflowError");
    expect(overflow.message).toMatch(/The prompt has \d+ tokens/);
    const unknown = await thrownBy(() => model({ model: "gpt-4", maxRetries: 6 }).invoke(SUM.prompt));
    expect(unknown).toMatchObject({ status: 404, lc_error_code: "MODEL_NOT_FOUND" });
    const cut = model({ maxTokens: 5 }).withStructuredOutput(Opinion, {
      name: "opinion",
      method: "jsonSchema",
    });
    expect(await thrownBy(() => cut.invoke(SUM.prompt))).toMatchObject({
      status: 422,
      message: expect.stringMatching(/cut off.*5 tokens/),
    });
  });
});

describe("LangChain's other ways to a schema", () => {
  it("calls a function for it", async () => {
    const structured = chat({ maxTokens: 120 }).withStructuredOutput(Opinion, {
      name: "opinion",
      method: "functionCalling",
    });
    Opinion.parse(await structured.invoke(SUM.prompt));
  });
});

describe("a client of LangChain that leaves", () => {
  it("gives the model back, which answers the next one", async () => {
    const endless = chat({
      maxTokens: ENDLESS.tokens,
      modelKwargs: { logit_bias: ENDLESS.logit_bias },
    });
    const leaving = new AbortController();
    const read = async () => {
      for await (const { text } of await endless.stream(SUM.prompt, { signal: leaving.signal }))
        if (text !== "") leaving.abort();
    };
    expect((await thrownBy(read)).message).toMatch(/abort/i);
    await expect.poll(() => atWork(server), { timeout: 10_000 }).toEqual(IDLE);

    const whole = endless.invoke(SUM.prompt, { signal: AbortSignal.timeout(300) });
    await thrownBy(() => whole);
    await expect.poll(() => atWork(server), { timeout: 10_000 }).toEqual(IDLE);
    expect((await chat().invoke(SUM.prompt)).text).toBe(SUM.answer);
  });
});

describe("a model's process that is lost", () => {
  it("costs LangChain's user time, not the answer", async () => {
    const patient = chat({ maxTokens: 900, maxRetries: 2, modelKwargs: { logit_bias: ENDLESS.logit_bias } });
    const [told] = await Promise.all([patient.invoke(SUM.prompt), loseModel(server)]);
    expect(told.response_metadata).toMatchObject({ finish_reason: "length" });
    expect(server.log()).toMatch(/"status":503,[^\n]*"error":"RUNNER_LOST"/);
  });
});
