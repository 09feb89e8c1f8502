// openai's own client for Node against a server with the bundled model: what it sends and reads, over a socket.

import OpenAI, {
  APIUserAbortError,
  BadRequestError,
  InternalServerError,
  NotFoundError,
  RateLimitError,
  UnprocessableEntityError,
} from "openai";
import { zodResponseFormat, zodTextFormat } from "openai/helpers/zod";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import {
  atWork,
  City,
  ENDLESS,
  IDLE,
  loseModel,
  MODEL,
  ONE_AT_WORK,
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
let client: OpenAI;
beforeAll(async () => {
  server = await start(SERVE);
  client = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: "local" });
});
afterAll(remove);

const messages = [{ role: "user" as const, content: SUM.prompt }];
const chat = { model: MODEL, messages, temperature: 0, max_tokens: 60 };
const parameters = z.toJSONSchema(City);
const described = { name: "weather", description: "Tells the weather", strict: true };
const weather = { type: "function" as const, function: { ...described, parameters } };
const byName = { type: "function" as const, function: { name: "weather" } };
const endless = { ...chat, max_tokens: ENDLESS.tokens, logit_bias: ENDLESS.logit_bias };

describe("openai's chat", () => {
  it("answers whole and streamed alike, with usage last", async () => {
    const whole = await client.chat.completions.create(chat);
    expect(whole).toMatchObject({ object: "chat.completion", model: MODEL });
    expect(whole.choices[0]).toMatchObject({ finish_reason: "stop", message: { content: SUM.answer } });
    const { usage } = whole;
    expect(usage!.total_tokens).toBe(usage!.prompt_tokens + usage!.completion_tokens);

    const ids = new Set<string>();
    let text = "";
    let last: OpenAI.ChatCompletionChunk | undefined;
    const stream = await client.chat.completions.create({
      ...chat,
      stream: true,
      stream_options: { include_usage: true },
    });
    for await (const chunk of stream) {
      ids.add(chunk.id);
      text += chunk.choices[0]?.delta.content ?? "";
      last = chunk;
    }
    expect(text).toBe(SUM.answer);
    expect(ids.size).toBe(1);
    expect(last).toMatchObject({ choices: [], usage: { completion_tokens: usage!.completion_tokens } });
  });

  it("gives several answers, and the likelihood of each token", async () => {
    const { choices } = await client.chat.completions.create({
      ...chat,
      n: 2,
      logprobs: true,
      top_logprobs: 2,
    });
    expect(choices.map(({ index }) => index)).toEqual([0, 1]);
    const [first] = choices[0]!.logprobs!.content!;
    expect(first!.top_logprobs).toHaveLength(2);
    expect(first!.top_logprobs[0]!.logprob).toBeCloseTo(first!.logprob, 6);
  });

  it.each(["whole", "streamed"])("calls the tool that it must call, %s", async (how) => {
    const request = { ...chat, tools: [weather], parallel_tool_calls: false };
    for (const tool_choice of ["required" as const, byName]) {
      const { choices } =
        how === "whole"
          ? await client.chat.completions.create({ ...request, tool_choice })
          : await client.chat.completions.stream({ ...request, tool_choice }).finalChatCompletion();
      const { finish_reason, message } = choices[0]!;
      expect(finish_reason).toBe("tool_calls");
      expect(message.content).toBeNull();
      const [call, ...more] = message.tool_calls!;
      expect(more).toEqual([]);
      expect(call).toMatchObject({ type: "function", function: { name: "weather" } });
      const { arguments: json } = (call as OpenAI.ChatCompletionMessageFunctionToolCall).function;
      City.parse(JSON.parse(json));
    }
  });

  it("runs a tool and sends its result back", async () => {
    const asked: string[] = [];
    const parse = (text: string) => City.parse(JSON.parse(text));
    const run = (city: z.infer<typeof City>) => {
      asked.push(city.city);
      return sunIn(city);
    };
    const runner = client.chat.completions.runTools(
      {
        ...chat,
        tools: [
          {
            type: "function",
            function: { ...described, parameters: parameters as object, parse, function: run },
          },
        ],
        tool_choice: "required",
        parallel_tool_calls: false,
      },
      { maxChatCompletions: 2 },
    );
    // With "required" each answer is a call, which is where its limit of two ends it.
    await runner.done();
    expect(asked).toHaveLength(2);
    expect(runner.messages.map(({ role }) => role)).toEqual([
      "user",
      "assistant",
      "tool",
      "assistant",
      "tool",
    ]);
    expect(runner.messages[2]).toMatchObject({ content: `sun in ${asked[0]}` });

    const told = await client.chat.completions.create({
      ...chat,
      messages: runner.messages,
      tools: [weather],
      tool_choice: "none",
    });
    expect(told.choices[0]!.message.tool_calls).toBeUndefined();
  });

  it("parses an answer by its schema, whole and streamed", async () => {
    const request = { ...chat, response_format: zodResponseFormat(Opinion, "opinion") };
    const whole = await client.chat.completions.parse(request);
    Opinion.parse(whole.choices[0]!.message.parsed);
    const streamed = await client.chat.completions.stream(request).finalChatCompletion();
    Opinion.parse(streamed.choices[0]!.message.parsed);
  });
});

describe("openai's other endpoints", () => {
  it("lists the models", async () => {
    const ids: string[] = [];
    for await (const { id } of client.models.list()) ids.push(id);
    expect(ids).toEqual([MODEL, "auto"]);
    expect(await client.models.retrieve(MODEL)).toMatchObject({ id: MODEL, object: "model" });
  });

  it("completes a text, whole and streamed alike", async () => {
    const request = { model: MODEL, prompt: "The sea", temperature: 0, max_tokens: 4 };
    const whole = await client.completions.create({ ...request, echo: true, logprobs: 1 });
    const { text, logprobs } = whole.choices[0]!;
    expect(text).toMatch(/^The sea./);
    expect(logprobs!.tokens!.join("")).toBe(text);
    expect(logprobs!.token_logprobs![0]).toBeNull();
    let streamed = "";
    for await (const { choices } of await client.completions.create({ ...request, stream: true }))
      streamed += choices[0]?.text ?? "";
    expect(`The sea${streamed}`).toBe(text);
  });

  it("answers as the Responses API does: whole, streamed, by a schema, with a tool", async () => {
    const request = { model: MODEL, input: SUM.prompt, temperature: 0, max_output_tokens: 60 };
    const whole = await client.responses.create(request);
    expect(whole).toMatchObject({ status: "completed", output_text: SUM.answer });

    const numbers: number[] = [];
    const stream = client.responses.stream(request);
    stream.on("event", (event) => numbers.push(event.sequence_number));
    // Of a stream the client makes no output_text: lib/ResponsesParser.mjs, where nothing is to be parsed.
    const { output } = await stream.finalResponse();
    expect(output).toMatchObject([{ type: "message", content: [{ text: SUM.answer }] }]);
    expect(numbers).toEqual(numbers.map((_, index) => index));

    const parsed = await client.responses.parse({
      ...request,
      text: { format: zodTextFormat(Opinion, "opinion") },
    });
    Opinion.parse(parsed.output_parsed);

    const tools = [{ type: "function" as const, name: "weather", parameters, strict: true }];
    const called = await client.responses.create({
      ...request,
      tools,
      tool_choice: { type: "function", name: "weather" },
    });
    const [call] = called.output;
    expect(call).toMatchObject({ type: "function_call", name: "weather" });
    City.parse(JSON.parse((call as OpenAI.Responses.ResponseFunctionToolCall).arguments));
  });
});

describe("openai's errors", () => {
  it("are of its classes, with code, field and counts", async () => {
    const unknown = await thrownBy(() => client.chat.completions.create({ ...chat, model: "gpt-4" }));
    expect(unknown).toBeInstanceOf(NotFoundError);
    expect(unknown).toMatchObject({ code: "model_not_found", message: expect.stringContaining(MODEL) });

    const overlong = [{ role: "user" as const, content: OVERLONG }];
    const overflow = await thrownBy(() => client.chat.completions.create({ ...chat, messages: overlong }));
    expect(overflow).toBeInstanceOf(BadRequestError);
    expect(overflow.code).toBe("context_length_exceeded");
    expect(overflow.error).toMatchObject({
      details: { context: 2_048, maxTokens: 60, promptTokens: expect.any(Number) },
    });

    const misspelt = await thrownBy(() =>
      client.chat.completions.create({ ...chat, temprature: 1 } as typeof chat),
    );
    expect(misspelt).toBeInstanceOf(BadRequestError);
    expect(misspelt.param).toBe("temprature");

    const format = zodResponseFormat(Opinion, "opinion");
    const cut = { ...chat, max_tokens: 5, response_format: format };
    for (const ask of [client.chat.completions.parse(cut), client.chat.completions.stream(cut).done()]) {
      const error = await thrownBy(() => ask);
      expect(error.message).toMatch(/cut off.*5 tokens.*max_tokens/);
    }
    expect(await thrownBy(() => client.chat.completions.parse(cut))).toBeInstanceOf(UnprocessableEntityError);
  });
});

describe("a client of openai that leaves", () => {
  it("gives the model back, which answers the next one", async () => {
    const stream = await client.chat.completions.create({ ...endless, stream: true });
    for await (const _ of stream) break;
    await expect.poll(() => atWork(server), { timeout: 10_000 }).toEqual(IDLE);

    const leaving = new AbortController();
    const whole = client.chat.completions.create(endless, { signal: leaving.signal });
    await expect.poll(() => atWork(server)).toEqual(ONE_AT_WORK);
    leaving.abort();
    expect(await thrownBy(() => whole)).toBeInstanceOf(APIUserAbortError);
    await expect.poll(() => atWork(server), { timeout: 10_000 }).toEqual(IDLE);
    expect((await client.chat.completions.create(chat)).choices[0]!.message.content).toBe(SUM.answer);
  });
});

describe("a server in trouble", () => {
  it("loses its model's process: a 503 to who does not ask again, an answer to who does", async () => {
    const killed = async (maxRetries: number) => {
      const asked = client.chat.completions.create({ ...endless, max_tokens: 900 }, { maxRetries });
      asked.catch(() => {});
      await loseModel(server);
      return asked;
    };
    const lost = await thrownBy(() => killed(0));
    expect(lost).toBeInstanceOf(InternalServerError);
    expect(lost.status).toBe(503);
    expect((lost.headers as Headers).get("retry-after")).toBe("1");
    expect((await client.chat.completions.create(chat)).choices[0]!.message.content).toBe(SUM.answer);
    expect((await killed(2)).choices[0]!.finish_reason).toBe("length");
  });

  it("is full: a 429 to who does not wait, an answer to who does", async () => {
    const full = await start([...SERVE, "--parallel", "1", "--queue", "1"]);
    const narrow = new OpenAI({ baseURL: `${full.url}/v1`, apiKey: "local", maxRetries: 0 });
    const leaving = new AbortController();
    // How many the cache takes is the engine's affair: they come one after the other until one is refused. A stream
    // begins with its first token, so one that has not begun in a second waits.
    const refusals: unknown[] = [];
    while (refusals.length === 0) {
      const stream = narrow.chat.completions.create({ ...endless, stream: true }, { signal: leaving.signal });
      const begun = stream.catch((error) => void refusals.push(error));
      await Promise.race([begun, new Promise((next) => setTimeout(next, 1_000))]);
    }
    const [refused] = refusals as [RateLimitError];
    expect(refused).toBeInstanceOf(RateLimitError);
    expect(refused.headers.get("retry-after")).toBe("1");
    const patient = narrow.chat.completions.create(chat, { maxRetries: 8 });
    await expect.poll(() => full.log().match(/"status":429/g)).toHaveLength(2);
    leaving.abort();
    expect((await patient).choices[0]!.message.content).toBe(SUM.answer);
    full.signal("SIGTERM");
    expect(await full.ended).toBe(0);
  });
});
