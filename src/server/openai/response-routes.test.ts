import { describe, expect, it } from "vitest";
import { call, calls, end, json, sse, text, wireApp } from "../../../test/support/wire-app.ts";
import { AppError } from "../../errors.ts";

const PATH = "/v1/responses";
const ask = { model: "tiny", input: "Hi" };
const weather = { type: "function", name: "weather", parameters: { type: "object" } };

const events = async (response: Response) =>
  (await sse(response)).map(({ event, data }) => {
    const parsed = JSON.parse(data);
    expect(parsed.type).toBe(event);
    return parsed;
  });

describe("a response", () => {
  it("has OpenAI's form, and says that it is not stored", async () => {
    const { post } = wireApp();
    expect(await json(await post(PATH, { ...ask, instructions: "Be brief." }))).toMatchObject({
      id: expect.stringMatching(/^resp_/),
      object: "response",
      status: "completed",
      error: null,
      incomplete_details: null,
      instructions: "Be brief.",
      model: "tiny",
      output: [
        {
          id: expect.stringMatching(/^msg_/),
          type: "message",
          status: "completed",
          role: "assistant",
          content: [{ type: "output_text", text: "Hello you", annotations: [], logprobs: [] }],
        },
      ],
      previous_response_id: null,
      store: false,
      truncation: "disabled",
      usage: {
        input_tokens: 7,
        input_tokens_details: { cached_tokens: 3 },
        output_tokens: 2,
        output_tokens_details: { reasoning_tokens: 0 },
        total_tokens: 9,
      },
      assay: { model: "real-model" },
    });
  });

  it("that hit its budget is incomplete", async () => {
    const { post } = wireApp({ answer: () => [text("Hel"), end(0, "length")] });
    expect(await json(await post(PATH, { ...ask, max_output_tokens: 1 }))).toMatchObject({
      status: "incomplete",
      incomplete_details: { reason: "max_output_tokens" },
      max_output_tokens: 1,
      output: [{ status: "incomplete", content: [{ text: "Hel" }] }],
    });
  });

  it("with calls has an item for each", async () => {
    const { post } = wireApp({ answer: () => calls(call("weather", '{"a":1}'), call("time", "{}")) });
    const { output, status } = await json(await post(PATH, { ...ask, tools: [weather] }));
    expect(status).toBe("completed");
    expect(output).toEqual([
      {
        id: expect.stringMatching(/^fc_/),
        type: "function_call",
        status: "completed",
        call_id: "call_weather",
        name: "weather",
        arguments: '{"a":1}',
      },
      expect.objectContaining({ call_id: "call_time", name: "time" }),
    ]);
  });

  it("of nothing is a message of nothing", async () => {
    const { post } = wireApp({ answer: () => [end()] });
    expect((await json(await post(PATH, ask))).output).toMatchObject([{ content: [{ text: "" }] }]);
  });

  it("reads a conversation of items, its own replies among them", async () => {
    const { post, requests } = wireApp();
    const response = await post(PATH, {
      ...ask,
      instructions: "Be brief.",
      input: [
        { role: "developer", content: "Be kind." },
        { type: "message", role: "user", content: [{ type: "input_text", text: "Weather?" }] },
        {
          id: "msg_1",
          type: "message",
          status: "completed",
          role: "assistant",
          content: [{ type: "output_text", text: "I look.", annotations: [], logprobs: [] }],
        },
        {
          id: "fc_1",
          type: "function_call",
          status: "completed",
          call_id: "c1",
          name: "weather",
          arguments: "{}",
        },
        { type: "function_call", call_id: "c2", name: "time", arguments: "{}" },
        { type: "function_call_output", call_id: "c1", output: "sun" },
        { type: "function_call_output", call_id: "c2", output: [{ type: "input_text", text: "noon" }] },
      ],
    });
    expect(response.status).toBe(200);
    expect(requests[0]!.answer.input).toEqual({
      type: "messages",
      messages: [
        { role: "system", content: "Be brief." },
        { role: "developer", content: "Be kind." },
        { role: "user", content: "Weather?" },
        { role: "assistant", content: "I look." },
        {
          role: "assistant",
          content: "",
          toolCalls: [
            { id: "c1", name: "weather", arguments: "{}" },
            { id: "c2", name: "time", arguments: "{}" },
          ],
        },
        { role: "tool", content: "sun", toolCallId: "c1" },
        { role: "tool", content: "noon", toolCallId: "c2" },
      ],
    });
  });

  it("asks for tools, a form and log-probabilities as the API says it", async () => {
    const { post, requests } = wireApp();
    const schema = { type: "object" };
    await post(PATH, {
      ...ask,
      tools: [{ ...weather, strict: true, description: "d" }],
      tool_choice: { type: "function", name: "weather" },
      parallel_tool_calls: false,
      text: { format: { type: "json_schema", name: "n", strict: true, schema } },
      include: ["message.output_text.logprobs", "reasoning.encrypted_content"],
      top_logprobs: 2,
      temperature: 0,
      max_output_tokens: 9,
      store: false,
    });
    expect(requests[0]!.answer).toMatchObject({
      tools: [{ name: "weather", description: "d", parameters: { type: "object" } }],
      toolChoice: { name: "weather" },
      parallelToolCalls: false,
      format: { type: "json-schema", name: "n", schema },
      logprobs: 2,
      temperature: 0,
      maxTokens: 9,
    });
  });

  it.each<[string, object, string?]>([
    ["previous_response_id", { previous_response_id: "resp_1" }, "whole conversation"],
    ["conversation", { conversation: "conv_1" }, "whole conversation"],
    ["background", { background: true }],
    ["store", { store: true }],
    ["truncation", { truncation: "auto" }],
    ["reasoning", { reasoning: { effort: "low" } }],
    ["prompt", { prompt: { id: "p" } }],
    ["tools[0].type", { tools: [{ type: "web_search" }] }, "web_search"],
    ["tools[0].type", { tools: [{ type: "mcp" }] }, "mcp"],
    ["tool_choice.type", { tools: [weather], tool_choice: { type: "file_search" } }],
    ["include[0]", { include: ["file_search_call.results"] }],
    ["input", { input: undefined }, "missing"],
    ["input", { input: [] }],
    ["input[0].type", { input: [{ type: "item_reference", id: "msg_1" }] }, "send the item itself"],
    ["input[0].type", { input: [{ type: "computer_call" }] }, "computer_call"],
    [
      "input[0].content[0].type",
      { input: [{ role: "user", content: [{ type: "input_image" }] }] },
      "input_image",
    ],
    ["messages", { messages: [] }],
    ["text.format.type", { text: { format: { type: "grammar" } } }],
  ])("is refused by name: %s in %j", async (param, body, word = "") => {
    const { post, requests } = wireApp();
    const response = await post(PATH, { ...ask, ...body });
    const { error } = await json(response);
    expect([response.status, error.param]).toEqual([400, param]);
    expect(error.message).toContain(word);
    expect(requests).toEqual([]);
  });
});

describe("a stream of response events", () => {
  it("goes in OpenAI's order, numbered through", async () => {
    const { post } = wireApp();
    const list = await events(await post(PATH, { ...ask, stream: true }));
    expect(list.map(({ type }) => type)).toEqual([
      "response.created",
      "response.in_progress",
      "response.output_item.added",
      "response.content_part.added",
      "response.output_text.delta",
      "response.output_text.delta",
      "response.output_text.done",
      "response.content_part.done",
      "response.output_item.done",
      "response.completed",
    ]);
    expect(list.map(({ sequence_number }) => sequence_number)).toEqual(list.map((_, index) => index));
    expect(list.at(-1).response).toMatchObject({
      status: "completed",
      output: [{ content: [{ text: "Hello you" }] }],
    });
    expect(list[6].text).toBe("Hello you");
    expect(new Set(list.flatMap(({ item_id }) => item_id ?? [])).size).toBe(1);
  });

  it("gives calls as items with their arguments", async () => {
    const { post } = wireApp({ answer: () => calls(call("weather", '{"a":1}'), call("time", "{}")) });
    const list = await events(await post(PATH, { ...ask, stream: true }));
    const one = [
      "response.output_item.added",
      "response.function_call_arguments.delta",
      "response.function_call_arguments.done",
      "response.output_item.done",
    ];
    expect(list.map(({ type }) => type).slice(2, -1)).toEqual([...one, ...one]);
    expect(list.map(({ output_index }) => output_index).slice(2, -1)).toEqual([0, 0, 0, 0, 1, 1, 1, 1]);
    expect(list[2].item).toMatchObject({ name: "weather", arguments: "", status: "in_progress" });
    expect(list[4]).toMatchObject({ name: "weather", arguments: '{"a":1}' });
  });

  it("ends incomplete at the budget", async () => {
    const { post } = wireApp({ answer: () => [text("Hel"), end(0, "length")] });
    const list = await events(await post(PATH, { ...ask, stream: true }));
    expect(list.at(-1)).toMatchObject({ type: "response.incomplete", response: { status: "incomplete" } });
  });

  it("fails as the API says, and then so that clients raise", async () => {
    const { post } = wireApp({
      answer: async function* () {
        yield text("Hel");
        throw new AppError("DEADLINE", "Too late.");
      },
    });
    const list = await events(await post(PATH, { ...ask, stream: true }));
    expect(list.slice(-2)).toEqual([
      expect.objectContaining({
        type: "response.failed",
        response: expect.objectContaining({
          status: "failed",
          error: { code: "server_error", message: "Too late." },
        }),
      }),
      {
        type: "error",
        sequence_number: list.length - 1,
        code: "deadline",
        message: "Too late.",
        param: null,
        error: { code: "deadline", message: "Too late.", param: null, type: "server_error" },
      },
    ]);
  });
});
