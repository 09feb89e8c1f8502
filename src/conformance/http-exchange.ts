/**
 * One request and all that came back, within bounds of time and size: the server may be anything. Plain fetch and
 * no client library, so that what the libraries would repair is seen.
 */

import { AppError } from "../errors.ts";
import { type EventStream, readEventStream } from "./event-stream.ts";
import { parseJson } from "./json-value.ts";

/** A reply of more is cut there; no rule asks for an answer of this size. */
const MOST_BYTES = 4 * 2 ** 20;

export interface ExchangeRequest {
  readonly method: "GET" | "POST";
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly body?: string | undefined;
  /** Leaves as soon as this much of the body has come: what a user does who presses stop. */
  readonly leaveAfterBytes?: number | undefined;
  /** Leaves after this time, whatever has come; milliseconds. */
  readonly leaveAfterMs?: number | undefined;
}

export interface ExchangeLimits {
  /** Milliseconds for the whole reply. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /** @default fetch */
  readonly fetch?: typeof fetch | undefined;
  /** Taken out of what came back: a server that sends the key back must not get it into a report. */
  readonly secret?: string | undefined;
}

/** Shorter keys are placeholders such as "local", which stand in model ids too. */
const SHORTEST_SECRET = 8;

export interface Exchange {
  readonly status: number;
  /** Lower case, without parameters. */
  readonly contentType: string;
  readonly header: (name: string) => string | undefined;
  readonly text: string;
  /** Whether all bytes were UTF-8. */
  readonly isUtf8: boolean;
  /** Undefined where the body is no JSON. */
  readonly json: unknown;
  readonly stream: EventStream;
  /** "time" and "size": cut by us; "left": we wanted to; "broken": the connection ended in the middle. */
  readonly end: "whole" | "time" | "size" | "left" | "broken";
  readonly milliseconds: number;
}

/**
 * Sends one request. Redirects are not followed: the key would go where the user did not send it.
 * @throws DATA_UNAVAILABLE when nothing came in time or the server cannot be reached, CANCELLED
 */
export async function exchange(request: ExchangeRequest, limits: ExchangeLimits): Promise<Exchange> {
  const { timeoutMs, signal, fetch: send = fetch } = limits;
  const started = performance.now();
  const stop = new AbortController();
  const leave = () => stop.abort();
  signal.throwIfAborted();
  signal.addEventListener("abort", leave, { once: true });
  const timer = setTimeout(leave, Math.min(timeoutMs, request.leaveAfterMs ?? Number.POSITIVE_INFINITY));
  try {
    const response = await send(request.url, {
      method: request.method,
      // A compressed reply could be a thousand times larger than what comes over the line.
      headers: { "accept-encoding": "identity", ...request.headers },
      ...(request.body !== undefined && { body: request.body }),
      redirect: "manual",
      signal: stop.signal,
    });
    const body = await readBody(response, request, stop.signal);
    signal.throwIfAborted();
    return describe(response, body, limits.secret, performance.now() - started);
  } catch (cause) {
    signal.throwIfAborted();
    if (request.leaveAfterMs !== undefined && stop.signal.aborted) return leftBeforeReply(started);
    throw unreachable(request, timeoutMs, stop.signal.aborted, cause);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", leave);
    stop.abort();
  }
}

interface Body {
  readonly bytes: Uint8Array;
  readonly end: Exchange["end"];
}

async function readBody(
  response: Response,
  { leaveAfterBytes = Number.POSITIVE_INFINITY, leaveAfterMs }: ExchangeRequest,
  stopped: AbortSignal,
): Promise<Body> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  let end: Exchange["end"] = "whole";
  const reader = response.body?.getReader();
  try {
    for (;;) {
      const part = await reader?.read();
      if (part === undefined || part.done) break;
      chunks.push(part.value);
      size += part.value.length;
      if (size >= leaveAfterBytes) end = "left";
      else if (size > MOST_BYTES) end = "size";
      if (end !== "whole") break;
    }
  } catch {
    if (!stopped.aborted) end = "broken";
    else end = leaveAfterMs === undefined ? "time" : "left";
  }
  // Not awaited: a body that never ends may never say that it was cancelled.
  void reader?.cancel().catch(() => undefined);
  return { bytes: Buffer.concat(chunks).subarray(0, MOST_BYTES), end };
}

function describe(
  response: Response,
  { bytes, end }: Body,
  secret: string | undefined,
  milliseconds: number,
): Exchange {
  const all = new TextDecoder().decode(bytes);
  const text = secret && secret.length >= SHORTEST_SECRET ? all.replaceAll(secret, "[key]") : all;
  const contentType = (response.headers.get("content-type") ?? "").split(";")[0]!.trim().toLowerCase();
  let stream: EventStream | undefined;
  return {
    status: response.status,
    contentType,
    header: (name) => response.headers.get(name) ?? undefined,
    text,
    isUtf8: end !== "whole" || isUtf8(bytes),
    json: parseJson(text),
    get stream() {
      stream ??= readEventStream(text);
      return stream;
    },
    end,
    milliseconds,
  };
}

function leftBeforeReply(started: number): Exchange {
  const body = { bytes: new Uint8Array(), end: "left" } as const;
  return describe(new Response(), body, undefined, performance.now() - started);
}

function isUtf8(bytes: Uint8Array): boolean {
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    return true;
  } catch {
    return false;
  }
}

function unreachable({ url }: ExchangeRequest, timeoutMs: number, late: boolean, cause: unknown): AppError {
  const { origin, pathname } = new URL(url);
  if (late)
    return new AppError(
      "DATA_UNAVAILABLE",
      `No reply from ${pathname} within ${Math.round(timeoutMs / 1_000)} s`,
      {
        hint: "Is the model still loading? --timeout gives it more time.",
        cause,
      },
    );
  const inner = (cause as { cause?: { code?: unknown } } | undefined)?.cause?.code;
  const why = typeof inner === "string" ? inner : "the connection broke";
  return new AppError("DATA_UNAVAILABLE", `${origin} cannot be reached for ${pathname}: ${why}`, {
    hint: "Check the address, and that the server is running.",
    cause,
  });
}
