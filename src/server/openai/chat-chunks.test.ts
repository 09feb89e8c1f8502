import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { call, calls, chunks, end, json, sse, text, wireApp } from "../../../test/support/wire-app.ts";
import { AppError } from "../../errors.ts";

const PATH = "/v1/chat/completions";
const chat = { model: "tiny", messages: [{ role: "user", content: "Hi" }], stream: true };

interface Chunk {
  id: string;
  object: string;
  created: number;
  model: string;
  choices: {
    index: number;
    delta: { role?: string; content?: string | null; tool_calls?: Record<string, unknown>[] };
    finish_reason: string | null;
  }[];
  usage?: object | null;
  assay?: object;
}

const deltas = (list: Chunk[]) => list.flatMap(({ choices }) => choices.map(({ delta }) => delta));

describe("a stream of chat chunks", () => {
  it("begins with the role, goes on with text, ends with the reason and [DONE]", async () => {
    const { post } = wireApp();
    const response = await post(PATH, chat);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      "content-type": "text/event-stream; charset=utf-8",
      "cache-control": "no-cache",
      "x-assay-model": "real-model",
    });
    const frames = await sse(response);
    expect(frames.pop()).toEqual({ event: undefined, data: "[DONE]" });
    const list: Chunk[] = frames.map(({ data }) => JSON.parse(data));
    expect(deltas(list)).toEqual([
      { role: "assistant", content: "" },
      { content: "Hello" },
      { content: " you" },
      {},
    ]);
    expect(list.map(({ choices }) => choices[0]!.finish_reason)).toEqual([null, null, null, "stop"]);
    // AutoGen 0.2 reads these from any chunk.
    const [{ id, created }] = list as [Chunk];
    for (const chunk of list)
      expect(chunk).toMatchObject({ id, created, object: "chat.completion.chunk", model: "tiny" });
    expect(list.map((chunk) => "usage" in chunk)).toEqual([false, false, false, false]);
    expect(list.map((chunk) => "assay" in chunk)).toEqual([false, false, false, true]);
  });

  it("tells usage when asked, in a last chunk without choices: AG2 reads it from no other", async () => {
    const { post } = wireApp();
    const list = await chunks<Chunk>(await post(PATH, { ...chat, stream_options: { include_usage: true } }));
    const last = list.pop()!;
    expect(last).toMatchObject({
      choices: [],
      usage: { prompt_tokens: 7, completion_tokens: 2, prompt_tokens_details: { cached_tokens: 3 } },
      assay: { model: "real-model" },
    });
    expect(list.map(({ usage, assay }) => [usage, assay])).toEqual(list.map(() => [null, undefined]));
    expect(list.at(-1)!.choices[0]!.finish_reason).toBe("stop");
  });

  it("says a call's id and name once, its index always, and no text beside it", async () => {
    const { post } = wireApp({ answer: () => calls(call("first", '{"a":1}'), call("second", "{}")) });
    const list = await chunks<Chunk>(await post(PATH, chat));
    expect(deltas(list)).toEqual([
      { role: "assistant", content: null },
      {
        tool_calls: [
          { index: 0, id: "call_first", type: "function", function: { name: "first", arguments: "" } },
        ],
      },
      { tool_calls: [{ index: 0, function: { arguments: '{"a":1}' } }] },
      {
        tool_calls: [
          { index: 1, id: "call_second", type: "function", function: { name: "second", arguments: "" } },
        ],
      },
      { tool_calls: [{ index: 1, function: { arguments: "{}" } }] },
      {},
    ]);
    expect(list.at(-1)!.choices[0]!.finish_reason).toBe("tool_calls");
    expect(JSON.stringify(list)).not.toContain("function_call");
  });

  it("gives each of several choices its role, its text and its end", async () => {
    const { post } = wireApp({ answer: () => [text("b", 1), text("a", 0), end(1, "length"), end(0)] });
    const list = await chunks<Chunk>(await post(PATH, { ...chat, n: 2 }));
    expect(
      list.map(({ choices: [choice] }) => [choice!.index, choice!.delta, choice!.finish_reason]),
    ).toEqual([
      [1, { role: "assistant", content: "" }, null],
      [1, { content: "b" }, null],
      [0, { role: "assistant", content: "" }, null],
      [0, { content: "a" }, null],
      [1, {}, "length"],
      [0, {}, "stop"],
    ]);
    expect(list.map(({ assay }) => assay !== undefined)).toEqual([false, false, false, false, false, true]);
  });

  it("has a status for an error before the first byte", async () => {
    const { post } = wireApp({
      // biome-ignore lint/correctness/useYield: fails first
      answer: async function* () {
        throw new AppError("RUNNER_LOST", "The model's process ended.");
      },
    });
    const response = await post(PATH, chat);
    expect([response.status, response.headers.get("retry-after")]).toEqual([503, "1"]);
    expect((await json(response)).error.code).toBe("runner_lost");
  });

  it("ends with the error, and without [DONE], when it comes later", async () => {
    const { post } = wireApp({
      answer: async function* () {
        yield text("Hel");
        throw new AppError("RUNNER_LOST", "The model's process ended.");
      },
    });
    const response = await post(PATH, chat);
    expect(response.status).toBe(200);
    const frames = await sse(response);
    expect(JSON.parse(frames.at(-1)!.data)).toEqual({
      error: {
        message: "The model's process ended.",
        type: "server_error",
        param: null,
        code: "runner_lost",
      },
    });
    expect(frames.map(({ data }) => data)).not.toContain("[DONE]");
  });

  it("tells nothing of a bug but that it happened", async () => {
    const { post } = wireApp({
      answer: async function* () {
        yield text("Hel");
        throw new TypeError("secret is no function");
      },
    });
    const body = await (await post(PATH, chat)).text();
    expect(body).toContain("internal_error");
    expect(body).not.toContain("secret");
  });

  it("writes no character that a reader of decoded lines takes for the end of one", async () => {
    const { post } = wireApp({ answer: () => [text("a\u2028b\u2029c\u0085d\r\ne"), end()] });
    const body = await (await post(PATH, chat)).text();
    expect(body).not.toMatch(/[\u0085\u2028\u2029\r]/);
    const list = await chunks<Chunk>(new Response(body));
    expect(deltas(list)[1]!.content).toBe("a\u2028b\u2029c\u0085d\r\ne");
  });

  it("gives the same text however it is cut into events", async () => {
    let current: string[] = [];
    const { post } = wireApp({ answer: () => [...current.map((piece) => text(piece)), end()] });
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.string({ unit: "binary", maxLength: 6 }), { maxLength: 8 }),
        async (pieces) => {
          current = pieces;
          const list = await chunks<Chunk>(await post(PATH, chat));
          const streamed = deltas(list).map(({ content }) => content ?? "");
          const whole = await json(await post(PATH, { ...chat, stream: false }));
          expect(streamed.join("")).toBe(pieces.join(""));
          expect(whole.choices[0].message.content).toBe(pieces.join(""));
        },
      ),
      { numRuns: 50 },
    );
  });
});
