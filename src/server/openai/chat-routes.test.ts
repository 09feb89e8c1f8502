import { describe, expect, it } from "vitest";
import { call, calls, end, json, text, wireApp } from "../../../test/support/wire-app.ts";
import { AppError } from "../../errors.ts";

const chat = { model: "tiny", messages: [{ role: "user", content: "Hi" }] };
const PATH = "/v1/chat/completions";
const weather = {
  type: "function",
  function: { name: "weather", parameters: { type: "object", properties: { city: { type: "string" } } } },
};

describe("a chat completion", () => {
  it("has OpenAI's form, and ours beside it", async () => {
    const { post } = wireApp();
    const response = await post(PATH, chat);
    expect(response.status).toBe(200);
    expect(response.headers.get("x-assay-model")).toBe("real-model");
    expect(await json(response)).toEqual({
      id: expect.stringMatching(/^chatcmpl-[0-9a-f]{24}$/),
      object: "chat.completion",
      created: expect.any(Number),
      // As it was asked for: autogen-ext warns when it is another.
      model: "tiny",
      choices: [
        {
          index: 0,
          message: { role: "assistant", content: "Hello you", refusal: null },
          logprobs: null,
          finish_reason: "stop",
        },
      ],
      usage: {
        prompt_tokens: 7,
        completion_tokens: 2,
        total_tokens: 9,
        prompt_tokens_details: { cached_tokens: 3, audio_tokens: 0 },
        completion_tokens_details: {
          reasoning_tokens: 0,
          audio_tokens: 0,
          accepted_prediction_tokens: 0,
          rejected_prediction_tokens: 0,
        },
      },
      system_fingerprint: "fp_0123456789ab",
      assay: {
        model: "real-model",
        confidence: 0.9,
        timings: { queued_ms: 1, prompt_ms: 2, generation_ms: 10, tokens_per_second: 100 },
      },
    });
  });

  it("with calls: no text, no function_call, arguments as JSON text, finish_reason tool_calls", async () => {
    const { post } = wireApp({ answer: () => calls(call("weather", '{"city":"Rome"}')) });
    const { choices } = await json(await post(PATH, { ...chat, tools: [weather] }));
    expect(choices).toEqual([
      {
        index: 0,
        message: {
          role: "assistant",
          content: null,
          refusal: null,
          tool_calls: [
            {
              id: "call_weather",
              type: "function",
              function: { name: "weather", arguments: '{"city":"Rome"}' },
            },
          ],
        },
        logprobs: null,
        finish_reason: "tool_calls",
      },
    ]);
  });

  it("never says tool_calls: [] (AutoGen takes it for a call) nor function_call", async () => {
    const none: ReturnType<typeof calls> = [{ type: "calls", choice: 0, calls: [] }, text("No."), end()];
    const { post } = wireApp({ answer: () => none });
    const body = await (await post(PATH, { ...chat, tools: [weather] })).text();
    expect(body).not.toContain("tool_calls");
    expect(body).not.toContain("function_call");
    expect(JSON.parse(body).choices[0].message.content).toBe("No.");
  });

  it("counts the prompt of several choices once, and their tokens all", async () => {
    const { post, requests } = wireApp({
      answer: () => [
        text("b", 1),
        text("a", 0),
        end(1, "length", { promptTokens: 7, cachedTokens: 7, completionTokens: 4 }),
        end(0, "stop", { promptTokens: 7, cachedTokens: 0, completionTokens: 1 }),
      ],
    });
    const body = await json(await post(PATH, { ...chat, n: 2 }));
    expect(requests[0]!.answer.n).toBe(2);
    expect(
      body.choices.map((it: { index: number; message: { content: string }; finish_reason: string }) => [
        it.index,
        it.message.content,
        it.finish_reason,
      ]),
    ).toEqual([
      [0, "a", "stop"],
      [1, "b", "length"],
    ]);
    expect(body.usage).toMatchObject({ prompt_tokens: 7, completion_tokens: 5, total_tokens: 12 });
    expect(body.usage.prompt_tokens_details.cached_tokens).toBe(0);
  });

  it("shows log-probabilities with bytes, and what JSON cannot hold as -9999", async () => {
    const { post, requests, model } = wireApp({
      answer: () => [
        {
          type: "text",
          choice: 0,
          text: "a",
          tokens: [
            {
              id: 40,
              text: "a",
              logprob: -0.25,
              top: [
                { id: 40, p: 0.5 },
                { id: 2, p: 0 },
              ],
            },
          ],
        },
        end(),
      ],
    });
    const { choices } = await json(await post(PATH, { ...chat, logprobs: true, top_logprobs: 2 }));
    expect(requests[0]!.answer.logprobs).toBe(2);
    const bytes = [...model.tokenBytes(40)];
    const token = new TextDecoder().decode(Uint8Array.from(bytes));
    expect(choices[0].logprobs.content).toEqual([
      {
        token,
        bytes,
        logprob: -0.25,
        top_logprobs: [
          { token, bytes, logprob: Math.log(0.5) },
          { token: "</s>", bytes: null, logprob: -9999 },
        ],
      },
    ]);
  });

  it("says why the router chose, in headers and in the extension", async () => {
    const { post } = wireApp({
      dispatched: {
        decision: {
          model: "real-model",
          reason: "score over threshold",
          score: 0.61234,
          threshold: 0.5,
          alternatives: [{ model: "klein–modell", reason: "too hard" }],
          escalateTo: undefined,
          minConfidence: undefined,
        },
        escalations: [{ model: "small", reason: "unsure" }],
        rewrites: ["The system message was put before the first user message."],
        guard: {
          mode: "rewrite",
          source: "run-1",
          findings: [{ id: 8978, index: 4, text: "x" }],
          inTemplate: 2,
          replaced: 1,
          left: 0,
          bannedFromOutput: 3,
        },
      },
    });
    const response = await post(PATH, { ...chat, model: "auto" });
    expect(Object.fromEntries(response.headers)).toMatchObject({
      "x-assay-model": "real-model",
      "x-assay-route": "score over threshold",
      "x-assay-route-score": "0.612",
      "x-assay-route-threshold": "0.500",
      // A header holds no more than ASCII.
      "x-assay-route-alternatives": "klein%e2%80%93modell: too hard",
      "x-assay-route-escalated": "small: unsure",
    });
    const { model, assay } = await json(response);
    expect(model).toBe("auto");
    expect(assay).toMatchObject({
      model: "real-model",
      rewrites: ["The system message was put before the first user message."],
      guard: {
        mode: "rewrite",
        source: "run-1",
        in_template: 2,
        replaced: 1,
        left: 0,
        banned_from_output: 3,
      },
      route: { reason: "score over threshold", escalations: [{ model: "small", reason: "unsure" }] },
    });
  });

  it("refuses a bias for a token that the model does not have", async () => {
    const { post, model } = wireApp();
    const { vocabulary } = model.info;
    expect((await post(PATH, { ...chat, logit_bias: { [vocabulary - 1]: 1 } })).status).toBe(200);
    const response = await post(PATH, { ...chat, logit_bias: { [vocabulary]: 1 } });
    expect([response.status, (await json(response)).error.param]).toEqual([400, "logit_bias"]);
  });

  it("passes on an error with its status, code, field and details", async () => {
    const { post } = wireApp({
      answer: () => {
        throw new AppError("CONTEXT_FULL", "9 tokens and 5 new ones do not fit in 10.", {
          hint: "Ask for less.",
          details: { promptTokens: 9, maxTokens: 5, context: 10 },
        });
      },
    });
    const response = await post(PATH, chat);
    expect(response.status).toBe(400);
    expect(await json(response)).toEqual({
      error: {
        message: "9 tokens and 5 new ones do not fit in 10. This exceeds the context window. Ask for less.",
        type: "invalid_request_error",
        param: null,
        code: "context_length_exceeded",
        details: { promptTokens: 9, maxTokens: 5, context: 10 },
      },
    });
  });
});
