/** What every endpoint does around its own forms: hand the work in, end it when the client leaves, reply or stream. */

import { randomBytes } from "node:crypto";
import type { Context } from "hono";
import type { AnswerRequest } from "../../answer/index.ts";
import { AppError, isAppError } from "../../errors.ts";
import type { Dispatched } from "../dispatch/dispatch.ts";
import type { ServerContext } from "../server-context.ts";
import type { ServerEnv } from "../server-env.ts";
import { type Answering, joinAnswers } from "./answering.ts";
import { eventStream, within } from "./event-stream.ts";
import { wrongField } from "./openai-error.ts";
import { replyHeaders } from "./reply-extension.ts";
import type { RequestOptions } from "./request-options.ts";

/** One request, understood, and how its protocol says the answer. */
export interface AnswerPlan {
  /** As it was asked for. */
  readonly model: string;
  /** One for each prompt; all have the same n. */
  readonly requests: readonly [AnswerRequest, ...AnswerRequest[]];
  readonly options: RequestOptions;
  readonly stream: boolean;
  /** The reply's body. */
  readonly whole: (answering: Answering) => Promise<object>;
  /** The stream's events. Nothing comes before something is certain, so that until then an error has its status. */
  readonly frames: (answering: Answering) => AsyncGenerator<string>;
  /** An error after that. */
  readonly errorFrame: (error: unknown) => string;
}

/** So long a stream waits for its first token before it begins: until then an error still has its own status. */
const FIRST_FRAME_MS = 10_000;

/** @throws what dispatch throws, and what comes before the first byte */
export async function serveAnswer(
  c: Context<ServerEnv>,
  context: ServerContext,
  plan: AnswerPlan,
): Promise<Response> {
  const created = Math.floor(Date.now() / 1000);
  const stop = new AbortController();
  const { signal } = stop;
  const end = (reason: AppError) => stop.abort(reason);
  // The adapter to Node aborts it when the connection ends before the reply does, with a text for a reason.
  const client = c.req.raw.signal;
  const onLeave = () => end(LEFT);
  client.addEventListener("abort", onLeave, { once: true });
  if (client.aborted) onLeave();
  try {
    const id = c.get("requestId") ?? newId("req_");
    const dispatched = await dispatchAll(context, plan, id, signal, end);
    checkBiases(plan.requests[0], dispatched);
    const answering: Answering = {
      dispatched,
      events: joinAnswers(dispatched, plan.requests[0].n ?? 1),
      created,
      model: plan.model,
      work: { client: plan.options.client, priority: plan.options.priority },
    };
    const headers = replyHeaders(answering);
    if (!plan.stream) return c.json(await plan.whole(answering), 200, headers);

    const frames = plan.frames(answering);
    const first = frames.next();
    await within(first, FIRST_FRAME_MS);
    const onError = (error: unknown) => {
      end(FAILED);
      if (!isAppError(error))
        context.logger.error("a stream failed", { id, stack: String((error as Error)?.stack ?? error) });
      return plan.errorFrame(error);
    };
    const { outgoing } = c.env ?? {};
    const cut = outgoing && (() => void outgoing.destroy());
    const body = eventStream(frames, first, { stop: end, cut, onError });
    return c.body(body, 200, { ...headers, ...STREAM_HEADERS });
  } catch (error) {
    // Events that nobody began to read give their model back by the signal alone.
    end(FAILED);
    throw error;
  }
}

const FAILED = new AppError("CANCELLED", "The request has failed.");
const LEFT = new AppError("CANCELLED", "The client left before its answer was ready.");

const STREAM_HEADERS = {
  "content-type": "text/event-stream; charset=utf-8",
  "cache-control": "no-cache",
  // nginx would hold the events back until it has a buffer full.
  "x-accel-buffering": "no",
};

/** Hands in all prompts at once, so that they are computed in one batch. If one is refused all are. */
async function dispatchAll(
  context: ServerContext,
  { model, requests, options }: AnswerPlan,
  id: string,
  signal: AbortSignal,
  end: (reason: AppError) => void,
): Promise<[Dispatched, ...Dispatched[]]> {
  const { client, priority, ...rest } = options;
  let refused: { error: unknown } | undefined;
  const tried = await Promise.all(
    requests.map(async (answer) => {
      try {
        return await context.dispatch({
          id,
          model,
          ...rest,
          answer: { ...answer, client, priority, signal },
        });
      } catch (error) {
        refused ??= { error };
        end(FAILED);
        return undefined;
      }
    }),
  );
  if (refused === undefined) return tried as [Dispatched, ...Dispatched[]];
  throw refused.error;
}

/** llama.cpp passes over ids that it does not have; a caller who names one means another model. */
function checkBiases({ logitBias }: AnswerRequest, dispatched: readonly Dispatched[]): void {
  for (const { model, served } of dispatched) {
    const { vocabulary } = model.info;
    const unknown = [...(logitBias?.keys() ?? [])].find((id) => id >= vocabulary);
    if (unknown === undefined) continue;
    const message = `${served.entry.id} has no token ${unknown}: its ids run from 0 to ${vocabulary - 1}.`;
    throw wrongField("logit_bias", message);
  }
}

/** An id in the protocol's form. */
export const newId = (prefix: string): string => `${prefix}${randomBytes(12).toString("hex")}`;
