// Vercel's AI SDK with its provider for OpenAI-compatible servers, against a server with the bundled model.

import { createOpenAICompatible, type OpenAICompatibleProvider } from "@ai-sdk/openai-compatible";
import { APICallError, generateObject, generateText, stepCountIs, streamObject, streamText, tool } from "ai";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
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
let provider: OpenAICompatibleProvider;
beforeAll(async () => {
  server = await start(SERVE);
  provider = createOpenAICompatible({
    name: "assay",
    baseURL: `${server.url}/v1`,
    includeUsage: true,
    supportsStructuredOutputs: true,
  });
});
afterAll(remove);

const ask = (prompt: string = SUM.prompt) => ({
  model: provider(MODEL),
  temperature: 0,
  maxOutputTokens: 60,
  prompt,
});
const tools = {
  weather: tool({
    description: "Tells the weather",
    inputSchema: City,
    execute: async (city) => sunIn(city),
  }),
};
/** What the SDK has no word for goes under the provider's name. */
const oneCall = { providerOptions: { assay: { parallel_tool_calls: false } } };
const endless = () => ({
  ...ask(),
  maxOutputTokens: ENDLESS.tokens,
  providerOptions: { assay: { logit_bias: ENDLESS.logit_bias } },
});

describe("the AI SDK's text", () => {
  it("comes whole and streamed alike, with usage and without a warning", async () => {
    const whole = await generateText(ask());
    expect(whole).toMatchObject({ text: SUM.answer, finishReason: "stop", warnings: [] });
    const streamed = streamText(ask());
    let text = "";
    for await (const piece of streamed.textStream) text += piece;
    expect(text).toBe(SUM.answer);
    expect(await streamed.finishReason).toBe("stop");
    const { inputTokens, outputTokens } = await streamed.usage;
    expect({ inputTokens, outputTokens }).toEqual({
      inputTokens: whole.usage.inputTokens,
      outputTokens: whole.usage.outputTokens,
    });
    expect(outputTokens).toBeGreaterThan(0);
  });
});

describe("the AI SDK's tools", () => {
  it.each([
    ["required", "required" as const],
    ["the tool's name", { type: "tool" as const, toolName: "weather" as const }],
  ])("are called when the choice is %s, whole and streamed", async (_, toolChoice) => {
    const request = { ...ask("The weather"), ...oneCall, tools, toolChoice };
    const whole = await generateText(request);
    expect(whole).toMatchObject({ finishReason: "tool-calls", text: "" });
    expect(whole.toolCalls).toHaveLength(1);
    const { city } = City.parse(whole.toolCalls[0]!.input);
    expect(whole.toolResults).toMatchObject([{ toolName: "weather", output: `sun in ${city}` }]);

    const streamed = streamText(request);
    await streamed.consumeStream();
    expect(await streamed.finishReason).toBe("tool-calls");
    expect((await streamed.toolCalls).map(({ input }) => City.parse(input))).toHaveLength(1);
  });

  it("have their result read in the next step", async () => {
    const { steps } = await generateText({
      ...ask("The weather"),
      ...oneCall,
      tools,
      stopWhen: stepCountIs(2),
      prepareStep: ({ stepNumber }) => ({ toolChoice: stepNumber === 0 ? "required" : "none" }),
    });
    expect(steps).toHaveLength(2);
    expect(steps[0]!.finishReason).toBe("tool-calls");
    expect(["stop", "length"]).toContain(steps[1]!.finishReason);
    expect(steps[1]!.toolCalls).toEqual([]);
    // The call and its result are in the second prompt.
    expect(steps[1]!.usage.inputTokens).toBeGreaterThan(steps[0]!.usage.outputTokens!);
  });
});

describe("the AI SDK's objects", () => {
  it("follow a zod schema, whole and piece by piece", async () => {
    const whole = await generateObject({ ...ask(), schema: Opinion });
    Opinion.parse(whole.object);
    expect(whole.warnings).toEqual([]);
    const streamed = streamObject({ ...ask(), schema: Opinion });
    const pieces: object[] = [];
    for await (const piece of streamed.partialObjectStream) pieces.push(piece);
    expect(pieces.length).toBeGreaterThan(1);
    expect(Opinion.parse(await streamed.object)).toEqual(pieces.at(-1));
  });
});

describe("the AI SDK's errors", () => {
  it("tell status, code and counts, and that asking again is no use", async () => {
    const cases = [
      [{ ...ask(), model: provider("gpt-4") }, 404, "model_not_found"],
      [ask(OVERLONG), 400, "context_length_exceeded"],
    ] as const;
    for (const [request, statusCode, code] of cases) {
      const error = await thrownBy(() => generateText(request));
      expect(error).toBeInstanceOf(APICallError);
      expect(error).toMatchObject({ statusCode, isRetryable: false, data: { error: { code } } });
    }
    const overflow = await thrownBy(() => generateText(ask(OVERLONG)));
    expect(overflow.message).toMatch(/The prompt has \d+ tokens .* 2048\. This exceeds the context window\./);
  });

  it("raise JSON that was cut off, whole and streamed", async () => {
    const short = { ...ask(), maxOutputTokens: 5, schema: Opinion };
    const error = await thrownBy(() => generateObject(short));
    expect(error).toMatchObject({ statusCode: 422, isRetryable: false });
    expect(error.message).toMatch(/cut off.*5 tokens/);
    const told: unknown[] = [];
    const streamed = streamObject({ ...short, onError: (event) => void told.push(event.error) });
    streamed.object.catch(() => {});
    for await (const _ of streamed.partialObjectStream);
    expect(JSON.stringify(told)).toContain("cut off");
  });
});

describe("a client of the AI SDK that leaves", () => {
  it("gives the model back, which answers the next one", async () => {
    const leaving = new AbortController();
    const streamed = streamText({ ...endless(), abortSignal: leaving.signal, onError: () => {} });
    const kinds: string[] = [];
    for await (const { type } of streamed.fullStream) {
      kinds.push(type);
      if (type === "text-delta") leaving.abort();
    }
    expect(kinds.at(-1)).toBe("abort");
    await expect.poll(() => atWork(server), { timeout: 10_000 }).toEqual(IDLE);

    const whole = generateText({ ...endless(), abortSignal: AbortSignal.timeout(300) });
    expect((await thrownBy(() => whole)).name).toMatch(/AbortError|TimeoutError/);
    await expect.poll(() => atWork(server), { timeout: 10_000 }).toEqual(IDLE);
    expect((await generateText(ask())).text).toBe(SUM.answer);
  });
});

describe("a model's process that is lost", () => {
  it("costs the AI SDK's user time, not the answer", async () => {
    const asked = generateText({ ...endless(), maxOutputTokens: 900 });
    const [{ finishReason }] = await Promise.all([asked, loseModel(server)]);
    expect(finishReason).toBe("length");
    expect(server.log()).toMatch(/"status":503,[^\n]*"error":"RUNNER_LOST"/);
  });
});
