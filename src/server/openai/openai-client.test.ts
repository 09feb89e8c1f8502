// OpenAI's own client reads what these endpoints write; it calls the app in place of a network.

import { APIError, RateLimitError } from "openai";
import { describe, expect, it } from "vitest";
import { call, calls, end, text, wireApp } from "../../../test/support/wire-app.ts";
import { AppError } from "../../errors.ts";

const chat = { model: "tiny", messages: [{ role: "user" as const, content: "Hi" }] };
const schema = {
  type: "object",
  properties: { view: { type: "string" } },
  required: ["view"],
  additionalProperties: false,
};

const failing = async function* () {
  yield text("Hel");
  throw new AppError("RUNNER_LOST", "The model's process ended.", { hint: "Ask again." });
};

describe("openai's client", () => {
  it("reads a completion", async () => {
    const { data, response } = await wireApp().client.chat.completions.create(chat).withResponse();
    expect(data.choices[0]!.message.content).toBe("Hello you");
    expect(response.headers.get("x-assay-model")).toBe("real-model");
  });

  it("streams, and puts the chunks together as the whole reply is", async () => {
    const { client } = wireApp();
    const stream = client.chat.completions.stream({
      ...chat,
      stream_options: { include_usage: true },
      logprobs: true,
    });
    const pieces: string[] = [];
    stream.on("content", (piece) => pieces.push(piece));
    const final = await stream.finalChatCompletion();
    expect(pieces).toEqual(["Hello", " you"]);
    expect(final.choices[0]).toMatchObject({ finish_reason: "stop", message: { content: "Hello you" } });
    expect(final.choices[0]!.logprobs!.content).toHaveLength(2);
    expect(final.usage!.prompt_tokens_details!.cached_tokens).toBe(3);
  });

  it("puts streamed calls together", async () => {
    const { client } = wireApp({ answer: () => calls(call("one", '{"a":1}'), call("two", "{}")) });
    const stream = client.chat.completions.stream({
      ...chat,
      tools: [{ type: "function", function: { name: "one", parameters: {} } }],
    });
    const { choices } = await stream.finalChatCompletion();
    expect(choices[0]!.finish_reason).toBe("tool_calls");
    expect(choices[0]!.message.tool_calls).toMatchObject([
      { id: "call_one", type: "function", function: { name: "one", arguments: '{"a":1}' } },
      { id: "call_two", type: "function", function: { name: "two", arguments: "{}" } },
    ]);
  });

  it("parses structured output", async () => {
    const { client, requests } = wireApp({ answer: () => [text('{"view":'), text('"up"}'), end()] });
    const completion = await client.chat.completions.parse({
      ...chat,
      response_format: { type: "json_schema", json_schema: { name: "opinion", strict: true, schema } },
    });
    expect(JSON.parse(completion.choices[0]!.message.content!)).toEqual({ view: "up" });
    expect(requests[0]!.answer.format).toEqual({ type: "json-schema", name: "opinion", schema });
  });

  it("runs tools and sends their results back, with all that it keeps in its messages", async () => {
    const { client, requests } = wireApp({
      answer: (_, index) =>
        index === 0 ? calls(call("weather", '{"city":"Rome"}')) : [text("Sun in Rome"), end()],
    });
    const runner = client.chat.completions.runTools({
      ...chat,
      tools: [
        {
          type: "function",
          function: {
            name: "weather",
            description: "Tells the weather",
            parameters: { type: "object", properties: { city: { type: "string" } } },
            parse: JSON.parse,
            function: ({ city }: { city: string }) => `sun in ${city}`,
          },
        },
      ],
    });
    expect(await runner.finalContent()).toBe("Sun in Rome");
    expect(requests[1]!.answer.input).toEqual({
      type: "messages",
      messages: [
        { role: "user", content: "Hi" },
        {
          role: "assistant",
          content: "",
          toolCalls: [{ id: "call_weather", name: "weather", arguments: '{"city":"Rome"}' }],
        },
        { role: "tool", content: "sun in Rome", toolCallId: "call_weather" },
      ],
    });
  });

  it("sends a parsed message back", async () => {
    const { client } = wireApp();
    const { choices } = await client.chat.completions.parse(chat);
    const again = await client.chat.completions.create({
      ...chat,
      messages: [...chat.messages, choices[0]!.message, { role: "user", content: "More" }],
    });
    expect(again.choices[0]!.message.content).toBe("Hello you");
  });

  it("raises an error of its class, with code, field and hint", async () => {
    const { client } = wireApp({
      answer: () => {
        throw new AppError("BUSY", "The queue is full.", { hint: "Try again in a moment." });
      },
    });
    const error = await client.chat.completions.create(chat).catch((caught) => caught);
    expect(error).toBeInstanceOf(RateLimitError);
    expect(error).toMatchObject({ status: 429, code: "rate_limit_exceeded" });
    expect(error.message).toContain("The queue is full. Try again in a moment.");
    expect(error.headers.get("retry-after")).toBe("1");
  });

  it.each(["chat", "completions", "responses"] as const)(
    "raises an error in a stream of %s",
    async (kind) => {
      const { client } = wireApp({ answer: failing });
      const stream: AsyncIterable<unknown> = await {
        chat: () => client.chat.completions.create({ ...chat, stream: true }),
        completions: () => client.completions.create({ model: "tiny", prompt: "Hi", stream: true }),
        responses: () => client.responses.create({ model: "tiny", input: "Hi", stream: true }),
      }[kind]();
      let seen = 0;
      const read = async () => {
        for await (const _ of stream) seen++;
      };
      const error = await read().catch((caught) => caught);
      expect(error).toBeInstanceOf(APIError);
      expect(error.message).toContain("The model's process ended. Ask again.");
      expect(seen).toBeGreaterThan(0);
    },
  );

  it("reads plain completions, whole and streamed", async () => {
    const { client } = wireApp();
    const whole = await client.completions.create({ model: "tiny", prompt: ["a", "b"], logprobs: 1 });
    expect(whole.choices.map(({ text: it }) => it)).toEqual(["Hello you", "Hello you"]);
    const stream = await client.completions.create({ model: "tiny", prompt: "a", stream: true });
    let joined = "";
    for await (const { choices } of stream) joined += choices[0]?.text ?? "";
    expect(joined).toBe("Hello you");
  });

  it("reads responses, whole and streamed, and sends their items back", async () => {
    const { client } = wireApp();
    const whole = await client.responses.create({ model: "tiny", input: "Hi" });
    expect(whole.output_text).toBe("Hello you");
    const stream = client.responses.stream({ model: "tiny", input: "Hi" });
    const final = await stream.finalResponse();
    expect(final.output).toMatchObject([{ content: [{ text: "Hello you" }] }]);
    const again = await client.responses.create({
      model: "tiny",
      input: [{ role: "user", content: "Hi" }, ...whole.output, { role: "user", content: "More" }] as never,
    });
    expect(again.status).toBe("completed");
  });

  it("puts a response's streamed calls together and answers them", async () => {
    const { client, requests } = wireApp({
      answer: (_, index) => (index === 0 ? calls(call("weather", "{}")) : [text("Sun"), end()]),
    });
    const tools = [{ type: "function" as const, name: "weather", parameters: schema, strict: true }];
    const final = await client.responses.stream({ model: "tiny", input: "Weather?", tools }).finalResponse();
    expect(final.output).toMatchObject([{ type: "function_call", name: "weather", arguments: "{}" }]);
    const second = await client.responses.create({
      model: "tiny",
      tools,
      input: [
        { role: "user", content: "Weather?" },
        ...final.output,
        { type: "function_call_output", call_id: "call_weather", output: "sun" },
      ] as never,
    });
    expect(second.output_text).toBe("Sun");
    expect(requests[1]!.answer.input).toMatchObject({
      messages: [{}, { toolCalls: [{}] }, { role: "tool" }],
    });
  });
});
