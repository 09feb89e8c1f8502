import { describe, expect, it } from "vitest";
import { chunks, end, json, sse, text, wireApp } from "../../../test/support/wire-app.ts";
import { AppError } from "../../errors.ts";

const PATH = "/v1/completions";
const plain = { model: "tiny", prompt: "Once" };

describe("a plain completion", () => {
  it("has OpenAI's form and its defaults", async () => {
    const { post, requests } = wireApp();
    expect(await json(await post(PATH, plain))).toMatchObject({
      id: expect.stringMatching(/^cmpl-/),
      object: "text_completion",
      model: "tiny",
      choices: [{ index: 0, text: "Hello you", logprobs: null, finish_reason: "stop" }],
      usage: { prompt_tokens: 7, completion_tokens: 2, total_tokens: 9 },
      system_fingerprint: "fp_0123456789ab",
      assay: { model: "real-model" },
    });
    expect(requests[0]!.answer).toMatchObject({
      input: { type: "text", text: "Once" },
      maxTokens: 16,
      temperature: 1,
    });
  });

  it.each<[unknown, object[]]>([
    ["a", [{ type: "text", text: "a" }]],
    ["", [{ type: "text", text: "" }]],
    [
      ["a", "b"],
      [
        { type: "text", text: "a" },
        { type: "text", text: "b" },
      ],
    ],
    [[1, 2, 3], [{ type: "ids", ids: [1, 2, 3] }]],
    [
      [[1, 2], [3]],
      [
        { type: "ids", ids: [1, 2] },
        { type: "ids", ids: [3] },
      ],
    ],
  ])("takes the prompt %j", async (prompt, inputs) => {
    const { post, requests } = wireApp();
    expect((await post(PATH, { ...plain, prompt })).status).toBe(200);
    expect(requests.map(({ answer }) => answer.input)).toEqual(inputs);
  });

  it("of several prompts and samples counts choices through, prompt by prompt", async () => {
    const { post } = wireApp({
      answer: (_, prompt) => [
        text(`${prompt}-1`, 1),
        text(`${prompt}-0`, 0),
        end(1, "length"),
        end(0, "stop", { completionTokens: 1 }),
      ],
    });
    const body = await json(await post(PATH, { ...plain, prompt: ["a", "b"], n: 2 }));
    expect(body.choices.map(({ index, text: it }: { index: number; text: string }) => [index, it])).toEqual([
      [0, "0-0"],
      [1, "0-1"],
      [2, "1-0"],
      [3, "1-1"],
    ]);
    expect(body.usage).toMatchObject({ prompt_tokens: 14, completion_tokens: 6 });
  });

  it("is refused as a whole when one prompt is, and the others are told to stop", async () => {
    const { post, requests } = wireApp({
      answer: (_, prompt) => {
        if (prompt === 1)
          throw new AppError("BUSY", "The queue is full.", { details: { retryAfterSeconds: 2.5 } });
        return [text("x"), end()];
      },
    });
    const response = await post(PATH, { ...plain, prompt: ["a", "b", "c"] });
    expect([response.status, response.headers.get("retry-after")]).toEqual([429, "3"]);
    expect(requests.every(({ answer }) => answer.signal!.aborted)).toBe(true);
  });

  it("shows log-probabilities as parallel lists, the chosen token among the others", async () => {
    const { post, model } = wireApp({
      answer: () => [
        {
          type: "text",
          choice: 0,
          text: "xéy",
          tokens: [
            { id: 40, text: "xé", logprob: -1.5, top: [{ id: 41, p: 0.5 }] },
            { id: 41, text: "y", logprob: -0.1, top: [{ id: 41, p: 0.9 }] },
          ],
        },
        end(),
      ],
    });
    const { choices } = await json(await post(PATH, { ...plain, logprobs: 1 }));
    const [first, second] = [40, 41].map((id) => new TextDecoder().decode(model.tokenBytes(id))) as [
      string,
      string,
    ];
    expect(choices[0].logprobs).toEqual({
      tokens: [first, second],
      token_logprobs: [-1.5, -0.1],
      top_logprobs: [{ [second]: Math.log(0.5), [first]: -1.5 }, { [second]: Math.log(0.9) }],
      // Code points: é counts once.
      text_offset: [0, 2],
    });
  });

  it("with echo gives the prompt back, with the chances that the model gave its tokens", async () => {
    const { model } = wireApp();
    const ids = await model.tokenize("fox");
    const promptIds = [model.info.bos!, ...ids];
    const { post } = wireApp({ dispatched: { promptIds, model } });
    const body = await json(await post(PATH, { ...plain, prompt: "fox", echo: true, logprobs: 2 }));
    const [choice] = body.choices;
    const { tokens, token_logprobs, top_logprobs, text_offset } = choice.logprobs;
    expect(choice.text).toBe("foxHello you");
    expect(tokens.slice(0, ids.length).join("")).toBe("fox");
    // Nothing stands before the first token; the beginning-of-sequence token is none of the text's.
    expect([token_logprobs[0], top_logprobs[0], text_offset[0]]).toEqual([null, null, 0]);
    const scores = await model.score(promptIds);
    for (let at = 1; at < ids.length; at++) {
      expect(token_logprobs[at]).toBeCloseTo(scores[at + 1]!, 4);
      const values = Object.values<number>(top_logprobs[at]);
      expect(values.length).toBeGreaterThanOrEqual(2);
      expect(Math.max(...values)).toBe(values[0]);
    }
    expect(text_offset[ids.length]).toBe(3);
    expect(token_logprobs.length).toBe(ids.length + 2);
  });

  it("scores a prompt of ids alone, where nothing is to be written", async () => {
    let read = false;
    const { model } = wireApp();
    const ids = await model.tokenize("fox");
    const { post } = wireApp({
      dispatched: { promptIds: ids, model },
      answer: async function* () {
        read = true;
        yield text("never");
      },
    });
    const request = { ...plain, prompt: ids, echo: true, logprobs: 0, max_tokens: 0 };
    const body = await json(await post(PATH, request));
    expect(body.choices[0]).toMatchObject({ text: " fox", finish_reason: "length" });
    expect(body.choices[0].logprobs.token_logprobs).toHaveLength(ids.length);
    expect(body.usage).toMatchObject({ prompt_tokens: ids.length, completion_tokens: 0 });
    expect(read).toBe(false);
  });

  it("ends the scoring of a prompt when the time is over, and says so", async () => {
    const { model } = wireApp();
    const time = new AbortController();
    const late = new AppError("DEADLINE", "The answer was not ready within 50 ms.");
    let ended = false;
    const slow: typeof model = {
      ...model,
      async *distributions(_, { signal } = {}) {
        time.abort(late);
        ended = signal!.aborted;
        // What an engine throws when it is stopped.
        if (ended) throw new AppError("CANCELLED", "The request was stopped.");
        yield new Float32Array(model.info.vocabulary);
      },
    };
    const { post } = wireApp({ dispatched: { model: slow, signal: time.signal } });
    const response = await post(PATH, { ...plain, echo: true, logprobs: 1 });
    expect([response.status, (await json(response)).error.code]).toEqual([504, "deadline"]);
    expect(ended).toBe(true);
  });

  it.each<[string, object, string?]>([
    ["prompt", { prompt: undefined }, "missing"],
    ["prompt", { prompt: null }, "missing"],
    ["prompt", { prompt: [] }],
    ["prompt", { prompt: ["a", 1] }],
    ["prompt", { prompt: [1, -1] }],
    ["prompt", { prompt: [[1], []] }],
    ["prompt", { prompt: { text: "a" } }],
    ["prompt", { prompt: Array(33).fill("a") }],
    ["n", { prompt: Array(32).fill("a"), n: 5 }, "128"],
    ["suffix", { suffix: "end" }],
    ["best_of", { best_of: 2 }],
    ["logprobs", { logprobs: 6 }],
    ["logprobs", { logprobs: true }],
    ["max_tokens", { max_tokens: 0 }, "echo"],
    ["messages", { messages: [] }],
    ["tools", { tools: [] }],
  ])("is refused by name: %s in %j", async (param, body, word = "") => {
    const { post, requests } = wireApp();
    const response = await post(PATH, { ...plain, ...body });
    const { error } = await json(response);
    expect([response.status, error.param]).toEqual([400, param]);
    expect(error.message).toContain(word);
    expect(requests).toEqual([]);
  });
});

describe("a stream of plain completions", () => {
  it("has pieces of the same form, the usage apart, and [DONE]", async () => {
    const { post } = wireApp();
    const response = await post(PATH, {
      ...plain,
      stream: true,
      stream_options: { include_usage: true },
      logprobs: 0,
    });
    const frames = await sse(response);
    expect(frames.pop()!.data).toBe("[DONE]");
    const list = frames.map(({ data }) => JSON.parse(data));
    expect(list.map(({ object }) => object)).toEqual(Array(4).fill("text_completion"));
    expect(
      list.map(({ choices, usage }) => [choices[0]?.text, choices[0]?.finish_reason, usage !== null]),
    ).toEqual([
      ["Hello", null, false],
      [" you", null, false],
      ["", "stop", false],
      [undefined, undefined, true],
    ]);
    expect(list[1].choices[0].logprobs.text_offset).toEqual([5]);
  });

  it("echoes each prompt before its text", async () => {
    const { post } = wireApp();
    const list = await chunks<{ choices: { index: number; text: string }[] }>(
      await post(PATH, { ...plain, prompt: ["a", "b"], echo: true, stream: true }),
    );
    const texts = ["", ""];
    for (const { choices } of list) for (const choice of choices) texts[choice.index] += choice.text;
    expect(texts).toEqual(["aHello you", "bHello you"]);
  });
});
