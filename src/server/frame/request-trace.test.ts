import { describe, expect, it } from "vitest";
import { ANSWER, fakeServer, scriptedDispatch } from "../../../test/support/server-context.ts";
import type { AnswerEvent } from "../../answer/index.ts";
import { AppError } from "../../errors.ts";
import type { Dispatch } from "../dispatch/dispatch.ts";
import { createTraceTable } from "./request-trace.ts";
import { tracedDispatch } from "./traced-dispatch.ts";

const REQUEST = { id: "one", model: "small-model", answer: { input: { type: "text", text: "x" } } } as const;

/** A dispatch whose answers are these events; an error among them is thrown. */
async function scripted(events: readonly (AnswerEvent | Error)[]) {
  const server = await fakeServer();
  const plain = scriptedDispatch(server.context.fleet);
  const left: string[] = [];
  const dispatch: Dispatch = async (request) => ({
    ...(await plain(request)),
    events: {
      [Symbol.asyncIterator]() {
        let at = 0;
        return {
          async next() {
            const event = events[at++];
            if (event instanceof Error) throw event;
            return event === undefined ? { done: true, value: undefined } : { done: false, value: event };
          },
          async return() {
            left.push("left");
            return { done: true, value: undefined };
          },
        };
      },
    },
  });
  return { ...server, dispatch, left };
}

const end = (choice: number, completionTokens: number): AnswerEvent => ({
  ...(ANSWER[2] as Extract<AnswerEvent, { type: "end" }>),
  choice,
  usage: { promptTokens: 10, cachedTokens: choice === 0 ? 4 : 9, completionTokens },
});

describe("the traces of requests", () => {
  it("tell when none is left, or that time is over", async () => {
    const traces = createTraceTable();
    expect(await traces.drained(0)).toBe(true);
    expect(traces.open("a")).toBeDefined();
    expect(traces.open("a")).toBeUndefined();
    expect(await traces.drained(5)).toBe(false);
    const drained = traces.drained(60_000);
    // Readers of events would be there for ever.
    traces.open("events")!.endless = true;
    traces.close("a");
    expect(await drained).toBe(true);
  });

  it("count a prompt once for all its choices, and every prompt of a request", async () => {
    const { dispatch, close } = await scripted([end(0, 3), end(1, 5)]);
    let now = 100;
    const traces = createTraceTable(() => now);
    const trace = traces.open("one")!;
    const traced = tracedDispatch(dispatch, traces, new AbortController().signal, () => now);
    for (const _prompt of [1, 2]) {
      now += 50;
      for await (const _event of (await traced(REQUEST)).events);
    }
    expect(trace.usage).toEqual({ promptTokens: 20, cachedTokens: 18, completionTokens: 16 });
    expect(trace).toMatchObject({ model: "small-model", firstTokenMs: 50 });
    await close();
  });

  it("sum over prompts that are answered side by side, however their ends fall", async () => {
    const { dispatch, close } = await scripted([end(0, 3), end(1, 5)]);
    const traces = createTraceTable();
    const trace = traces.open("one")!;
    const traced = tracedDispatch(dispatch, traces, new AbortController().signal);
    // All begin before any ends, as the prompts of one request do.
    const asked = await Promise.all([1, 2, 3].map(() => traced(REQUEST)));
    const readers = asked.map(({ events }) => events[Symbol.asyncIterator]());
    for (const place of [0, 1, 1, 2, 0, 2, 0, 1, 2]) await readers[place]!.next();
    expect(trace.usage).toEqual({ promptTokens: 30, cachedTokens: 27, completionTokens: 24 });
    await close();
  });

  it("pass it on when a reader leaves before the first event", async () => {
    const { dispatch, left, close } = await scripted([...ANSWER]);
    const traces = createTraceTable();
    traces.open("one");
    const traced = tracedDispatch(dispatch, traces, new AbortController().signal);
    const { events } = await traced(REQUEST);
    await events[Symbol.asyncIterator]().return?.();
    expect(left).toEqual(["left"]);
    await close();
  });

  it("say that the server closes where that ended the work, and only there", async () => {
    const { dispatch, close } = await scripted([new AppError("CANCELLED", "The model is closed.")]);
    const closing = new AbortController();
    const traces = createTraceTable();
    const trace = traces.open("one")!;
    const traced = tracedDispatch(dispatch, traces, closing.signal);
    const read = async () => {
      for await (const _event of (await traced(REQUEST)).events);
    };
    await expect(read()).rejects.toMatchObject({ code: "CANCELLED" });
    closing.abort();
    await expect(read()).rejects.toMatchObject({ code: "CLOSING" });
    expect(trace.error).toBe("CLOSING");
    await close();
  });
});
