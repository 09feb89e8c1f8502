import { describe, expect, it } from "vitest";
import { json, wireApp } from "../../../test/support/wire-app.ts";

const chat = { model: "tiny", messages: [{ role: "user", content: "Hi" }] };
const PATH = "/v1/chat/completions";
const weather = {
  type: "function",
  function: { name: "weather", parameters: { type: "object", properties: { city: { type: "string" } } } },
};

describe("a chat request", () => {
  const asked = async (body: object, headers: Record<string, string> = {}) => {
    const { post, requests } = wireApp();
    const response = await post(PATH, { ...chat, ...body }, headers);
    expect([response.status, response.status === 200 ? "" : await response.text()]).toEqual([200, ""]);
    return requests[0]!;
  };

  it("that gives nothing gets OpenAI's defaults, and a seed of its own", async () => {
    const { answer } = await asked({});
    expect(answer).toMatchObject({ temperature: 1, topP: 1, topK: 0, minP: 0, n: 1 });
    expect(answer.maxTokens).toBeUndefined();
    expect(answer.logprobs).toBeUndefined();
    expect(answer.seed).not.toBe((await asked({})).answer.seed);
  });

  it("hands on how to sample, llama-server's fields included", async () => {
    const { answer, guard } = await asked({
      temperature: 0,
      top_p: 0.5,
      top_k: 40,
      min_p: 0.1,
      repeat_penalty: 1.1,
      frequency_penalty: 1,
      presence_penalty: -1,
      seed: 2 ** 32 + 5,
      stop: "END",
      logit_bias: { "7": -100, "8": 5.5 },
      max_completion_tokens: 20,
      max_tokens: 20,
      guard: "flag",
      cache_prompt: true,
    });
    expect(answer).toMatchObject({
      temperature: 0,
      topP: 0.5,
      topK: 40,
      minP: 0.1,
      repeatPenalty: 1.1,
      frequencyPenalty: 1,
      presencePenalty: -1,
      seed: 5,
      stop: ["END"],
      maxTokens: 20,
    });
    expect([...answer.logitBias!]).toEqual([
      [7, Number.NEGATIVE_INFINITY],
      [8, 5.5],
    ]);
    expect(guard).toBe("flag");
  });

  it("may hold what real clients send and what means nothing here", async () => {
    await asked({
      user: "u",
      metadata: { job: "1" },
      store: false,
      service_tier: "auto",
      parallel_tool_calls: false,
      modalities: ["text"],
      safety_identifier: "s",
      prompt_cache_key: "k",
      response_format: { type: "text" },
      tools: [],
      tool_choice: "none",
      functions: null,
      function_call: null,
      logit_bias: null,
      stop: null,
      stream_options: null,
      top_logprobs: 0,
    });
  });

  it("may hold messages of every form that clients send", async () => {
    const { answer } = await asked({
      messages: [
        { role: "system", content: "Be brief." },
        {
          role: "developer",
          content: [
            { type: "text", text: "Be " },
            { type: "text", text: "kind." },
          ],
        },
        { role: "user", content: "Hi", name: "Ann" },
        {
          role: "assistant",
          content: null,
          refusal: null,
          annotations: [],
          audio: null,
          function_call: null,
          name: "Bot",
          tool_calls: [{ id: "c1", index: 0, type: "function", function: { name: "f", arguments: "{}" } }],
        },
        { role: "tool", tool_call_id: "c1", content: "42", name: "f" },
        { role: "assistant", content: "", tool_calls: [] },
        { role: "system", content: "Who speaks next?" },
      ],
    });
    expect(answer.input).toEqual({
      type: "messages",
      messages: [
        { role: "system", content: "Be brief." },
        { role: "developer", content: "Be kind." },
        { role: "user", content: "Hi", name: "Ann" },
        {
          role: "assistant",
          content: "",
          name: "Bot",
          toolCalls: [{ id: "c1", name: "f", arguments: "{}" }],
        },
        { role: "tool", content: "42", name: "f", toolCallId: "c1" },
        { role: "assistant", content: "" },
        { role: "system", content: "Who speaks next?" },
      ],
    });
  });

  it.each([
    ["auto", "auto"],
    ["none", "none"],
    ["required", "required"],
    [{ type: "function", function: { name: "weather" } }, { name: "weather" }],
  ])("offers tools with the choice %j", async (tool_choice, expected) => {
    const { answer } = await asked({
      tools: [{ ...weather, function: { ...weather.function, strict: true } }],
      tool_choice,
      parallel_tool_calls: false,
    });
    expect(answer.tools).toEqual([{ name: "weather", parameters: weather.function.parameters }]);
    expect(answer.toolChoice).toEqual(expected);
    expect(answer.parallelToolCalls).toBe(false);
  });

  it.each([
    [{ type: "json_object" }, { type: "json-object" }],
    [
      { type: "json_object", schema: { type: "object" } },
      { type: "json-schema", name: "answer", schema: { type: "object" } },
    ],
    [
      {
        type: "json_schema",
        json_schema: { name: "n", strict: true, description: "d", schema: { type: "object" } },
      },
      { type: "json-schema", name: "n", schema: { description: "d", type: "object" } },
    ],
  ])("asks for the form %j", async (response_format, expected) => {
    expect((await asked({ response_format })).answer.format).toEqual(expected);
  });

  it("says who asks and how urgent it is in headers", async () => {
    const request = await asked(
      { metadata: { tier: "small" } },
      {
        "x-deadline-ms": "1500",
        "x-session": "desk.1",
        "x-priority": "-3",
        "x-guard": "off",
        "x-route-tier": "small",
      },
    );
    expect(request).toMatchObject({
      deadline: 1500,
      session: "desk.1",
      guard: "off",
      tier: "small",
      model: "tiny",
    });
    expect(request.answer).toMatchObject({ priority: -3, client: "desk.1" });
  });

  it.each<[string, object, string?]>([
    ["colour", { colour: 1 }],
    ["functions", { functions: [] }, "tools"],
    ["function_call", { function_call: "auto" }, "tool_choice"],
    ["audio", { audio: {} }],
    ["n", { n: 33 }],
    ["n", { n: 0 }],
    ["n", { n: 1.5 }],
    ["temperature", { temperature: 2.1 }],
    ["temperature", { temperature: "hot" }],
    ["max_tokens", { max_tokens: 5, max_completion_tokens: 6 }],
    ["max_tokens", { max_tokens: 0 }],
    ["top_logprobs", { top_logprobs: 3 }],
    ["top_logprobs", { logprobs: true, top_logprobs: 21 }],
    ["stop", { stop: Array(17).fill("x") }],
    ["stop", { stop: "" }],
    ["logit_bias.cat", { logit_bias: { cat: 1 } }],
    ["logit_bias.5", { logit_bias: { 5: 101 } }],
    ["store", { store: true }],
    ["service_tier", { service_tier: "flex" }],
    ["cache_prompt", { cache_prompt: false }],
    ["guard", { guard: "maybe" }],
    ["metadata.tier", { metadata: { tier: "gold" } }],
    ["stream_options", { stream_options: { include_usage: true } }],
    ["messages", { messages: [] }],
    ["messages", { messages: "Hi" }],
    ["messages[0].role", { messages: [{ role: "function", name: "f", content: "x" }] }, "tool"],
    ["messages[0].content", { messages: [{ role: "user" }] }, "missing"],
    ["messages[0].content", { messages: [{ role: "user", content: 5 }] }],
    [
      "messages[0].content[0].type",
      { messages: [{ role: "user", content: [{ type: "image_url" }] }] },
      "image_url",
    ],
    ["messages[0].colour", { messages: [{ role: "user", content: "x", colour: 1 }] }],
    ["messages[0].tool_call_id", { messages: [{ role: "tool", content: "x" }] }, "missing"],
    [
      "messages[0].function_call",
      { messages: [{ role: "assistant", content: null, function_call: { name: "f", arguments: "" } }] },
      "tool_calls",
    ],
    ["tools[0].type", { tools: [{ type: "web_search" }] }, "web_search"],
    ["tools[0].function.name", { tools: [{ type: "function", function: { name: "a b" } }] }],
    ["tools", { tools: [weather, weather] }],
    ["tool_choice", { tool_choice: "sometimes" }],
    ["tool_choice", { tool_choice: "required" }],
    [
      "tool_choice",
      { tools: [weather], tool_choice: { type: "function", function: { name: "other" } } },
      "other",
    ],
    ["response_format.type", { response_format: { type: "xml" } }],
    [
      "response_format.json_schema.name",
      { response_format: { type: "json_schema", json_schema: {} } },
      "missing",
    ],
    ["grammar", { grammar: 'root ::= "x"', tools: [weather] }],
    ["grammar", { grammar: 'root ::= "x"', response_format: { type: "json_object" } }],
    ["model", { model: null }, "missing"],
  ])("is refused by name: %s in %j", async (param, body, word = "") => {
    const { post, requests } = wireApp();
    const response = await post(PATH, { ...chat, ...body });
    const { error } = await json(response);
    expect([response.status, error.param, error.type]).toEqual([400, param, "invalid_request_error"]);
    expect(error.message).toContain(word);
    expect(requests).toEqual([]);
  });

  it("finds the misspelt field", async () => {
    const { error } = await json(await wireApp().post(PATH, { ...chat, tempeature: 1 }));
    expect(error.message).toBe('There is no field "tempeature". Did you mean "temperature"?');
  });

  it.each([
    ["x-deadline-ms", "0"],
    ["x-deadline-ms", "1e3"],
    ["x-deadline-ms", "99999999999"],
    ["x-priority", "11"],
    ["x-session", "../etc"],
    ["x-session", ".hidden"],
    ["x-session", "a".repeat(65)],
    ["x-guard", "sometimes"],
    ["x-route-tier", "medium"],
  ])("is refused for the header %s: %s", async (name, value) => {
    const { post, requests } = wireApp();
    const response = await post(PATH, chat, { [name]: value });
    expect([response.status, (await json(response)).error.param]).toEqual([400, name]);
    expect(requests).toEqual([]);
  });

  it("may not say one thing in the body and another in a header", async () => {
    const { post } = wireApp();
    const response = await post(PATH, { ...chat, guard: "off" }, { "x-guard": "refuse" });
    expect([response.status, (await json(response)).error.param]).toEqual([400, "guard"]);
  });
});
