/** What every rule gets: the server, the model it asks, and one way to send. A request that two rules need is sent once. */

import { AppError, isAppError } from "../errors.ts";
import { type Exchange, type ExchangeRequest, exchange } from "./http-exchange.ts";
import type { JsonObject } from "./json-value.ts";
import { type ListedModel, readModelsList } from "./models-list.ts";
import type { ServerTarget } from "./target.ts";

export interface SessionOptions {
  readonly target: ServerTarget;
  /** Never shown: it is taken out of what is. */
  readonly key?: string | undefined;
  /** @default the first of /v1/models */
  readonly model?: string | undefined;
  /** Milliseconds for one reply. @default 120,000 */
  readonly timeoutMs?: number | undefined;
  readonly signal: AbortSignal;
  /** @default fetch */
  readonly fetch?: typeof fetch | undefined;
}

export interface PostOptions {
  /** Sent anew although it was sent before: two answers are to be compared. */
  readonly again?: number;
}

export interface ConformanceSession {
  readonly target: ServerTarget;
  readonly key: string | undefined;
  readonly model: string;
  /** Of that model, where the server tells it. */
  readonly listed: ListedModel | undefined;
  /** The reply of /v1/models; an error where there was none. */
  readonly models: Exchange | AppError;
  /** POSTs to a path below /v1; `model` is added where the body has none. */
  post(path: string, body: JsonObject, options?: PostOptions): Promise<Exchange>;
  /** Sends as it is told and never again. */
  send(request: ExchangeRequest): Promise<Exchange>;
  /** How many requests so far got no reply, or one that had not ended in its time. */
  lost(): number;
  /** Headers of a JSON request, with the key. */
  readonly headers: Readonly<Record<string, string>>;
}

const TIMEOUT_MS = 120_000;

/**
 * Asks for the list of models and chooses one.
 * @throws DATA_UNAVAILABLE when the server cannot be reached, USAGE without a model to ask, CANCELLED
 */
export async function openSession(options: SessionOptions): Promise<ConformanceSession> {
  const { target, key, signal, timeoutMs = TIMEOUT_MS } = options;
  const headers = { "content-type": "application/json", ...authorisation(key) };
  let lost = 0;
  const send = async (request: ExchangeRequest) => {
    try {
      const reply = await exchange(request, { timeoutMs, signal, fetch: options.fetch, secret: key });
      if (reply.end === "time") lost++;
      return reply;
    } catch (error) {
      lost++;
      throw error;
    }
  };
  const models = await send({
    method: "GET",
    url: `${target.base}/models`,
    headers: authorisation(key),
  }).catch((error: unknown) => {
    if (!isAppError(error) || error.code === "CANCELLED" || options.model === undefined) throw error;
    return error;
  });
  const list = isAppError(models) ? [] : readModelsList(models.json);
  const model = options.model ?? list[0]?.id;
  if (model === undefined) throw noModel(target, models);
  const sent = new Map<string, Promise<Exchange>>();
  return {
    target,
    key,
    model,
    models,
    listed: list.find(({ id }) => id === model),
    lost: () => lost,
    headers,
    send,
    post(path, body, { again = 0 } = {}) {
      const text = JSON.stringify({ model, ...body });
      const name = `${again} ${path} ${text}`;
      let reply = sent.get(name);
      if (reply === undefined) {
        reply = send({ method: "POST", url: `${target.base}${path}`, headers, body: text });
        sent.set(name, reply);
      }
      return reply;
    },
  };
}

export function authorisation(key: string | undefined): Readonly<Record<string, string>> {
  return key === undefined ? {} : { authorization: `Bearer ${key}` };
}

function noModel({ base }: ServerTarget, models: Exchange | AppError): AppError {
  const status = isAppError(models) ? "no reply" : `status ${models.status}`;
  return new AppError("USAGE", `${base}/models names no model (${status}).`, {
    hint:
      status === "status 401" || status === "status 403"
        ? "The server wants a key: --api-key-file FILE."
        : "Name one with --model ID.",
  });
}
