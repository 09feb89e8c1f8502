// OpenAI's endpoints over a dispatch that gives scripted events: no fleet, no socket, no model's answer.

import { Hono } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import OpenAI from "openai";
import type { AnswerEvent, AnswerUsage } from "../../src/answer/index.ts";
import { createScriptedModel } from "../../src/engine/index.ts";
import { silentLogger } from "../../src/logger.ts";
import type { Dispatched, DispatchRequest, ServerContext } from "../../src/server/index.ts";
import { chatRoutes } from "../../src/server/openai/chat-routes.ts";
import { completionRoutes } from "../../src/server/openai/completion-routes.ts";
import { openaiError } from "../../src/server/openai/openai-error.ts";
import { responseRoutes } from "../../src/server/openai/response-routes.ts";
import type { ServerEnv } from "../../src/server/server-env.ts";

type Events = readonly AnswerEvent[] | AsyncIterable<AnswerEvent>;

export interface WireOptions {
  /** What a request is answered with; may throw, as dispatch does. @default "Hello you" */
  readonly answer?: (request: DispatchRequest, index: number) => Events;
  /** What else is known of the answer. */
  readonly dispatched?: Partial<Dispatched>;
}

export const text = (piece: string, choice = 0, ids: readonly number[] = [5]): AnswerEvent => ({
  type: "text",
  choice,
  text: piece,
  tokens: ids.map((id) => ({ id, text: piece, logprob: -0.5, top: [{ id, p: 0.6 }] })),
});

export const end = (
  choice = 0,
  reason: "stop" | "length" | "tool-calls" = "stop",
  usage: Partial<AnswerUsage> = {},
): AnswerEvent => ({
  type: "end",
  choice,
  reason,
  usage: { promptTokens: 7, cachedTokens: 3, completionTokens: 2, ...usage },
  confidence: 0.9,
  ids: [5, 6],
  timings: { queued: 1, prompt: 2, generation: 10 },
});

export const call = (name: string, json: string, id = `call_${name}`) => ({ id, name, arguments: json });

export const calls = (...list: ReturnType<typeof call>[]): AnswerEvent[] => [
  { type: "calls", choice: 0, calls: list },
  end(0, "tool-calls"),
];

const served = (id: string) =>
  ({ entry: { id }, fingerprint: "0123456789abcdef" }) as unknown as Dispatched["served"];

/** The endpoints, what reached the dispatch, and a client that calls them without a socket. */
export function wireApp({ answer, dispatched }: WireOptions = {}) {
  const requests: DispatchRequest[] = [];
  const model = createScriptedModel();
  const context = {
    logger: silentLogger,
    async dispatch(request: DispatchRequest): Promise<Dispatched> {
      requests.push(request);
      const events = answer?.(request, requests.length - 1) ?? [text("Hello"), text(" you"), end()];
      return {
        served: served("real-model"),
        model,
        promptIds: [1, 2, 3],
        signal: request.answer.signal!,
        rewrites: [],
        guard: {
          mode: "off",
          source: undefined,
          findings: [],
          inTemplate: 0,
          replaced: 0,
          left: 0,
          bannedFromOutput: 0,
        },
        decision: undefined,
        escalations: [],
        ...dispatched,
        events: (async function* () {
          yield* events;
        })(),
      };
    },
  } as unknown as ServerContext;
  const app = new Hono<ServerEnv>();
  for (const routes of [chatRoutes(context), completionRoutes(context), responseRoutes(context)])
    app.route("/", routes);
  app.onError((error, c) => {
    const { status, body, headers } = openaiError(error);
    return c.json(body, status as ContentfulStatusCode, headers);
  });
  const post = (path: string, body: unknown, headers: Record<string, string> = {}) =>
    app.request(path, {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: typeof body === "string" ? body : JSON.stringify(body),
    });
  const client = new OpenAI({
    apiKey: "local",
    baseURL: "http://assay.test/v1",
    maxRetries: 0,
    fetch: async (url, init) => app.request(String(url), init as RequestInit),
  });
  return { app, context, model, requests, post, client };
}

/** The body of a reply, of whatever form the test expects. */
export async function json(response: Response) {
  return JSON.parse(await response.text());
}

/** Events of a stream: the name, where there is one, and the data. */
export async function sse(response: Response): Promise<{ event: string | undefined; data: string }[]> {
  const frames = (await response.text()).split("\n\n").filter((frame) => frame !== "");
  return frames.map((frame) => {
    const lines = frame.split("\n");
    const field = (name: string) =>
      lines.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2);
    return { event: field("event"), data: field("data") ?? "" };
  });
}

/** Chunks of a stream, "[DONE]" left out. */
export async function chunks<T = Record<string, never>>(response: Response): Promise<T[]> {
  return (await sse(response))
    .filter(({ data }) => data !== "[DONE]")
    .map(({ data }) => JSON.parse(data) as T);
}
