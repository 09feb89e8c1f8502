/** Requests as the soak's clients send them, and what came back. */

import { setTimeout as delay } from "node:timers/promises";

export interface Reply {
  readonly status: number;
  /** The text of a stream's pieces, or the reply's whole body. */
  readonly text: string;
  /** Undefined for a stream. */
  readonly body?: unknown;
  readonly headers: Headers;
  /** Code of the error that was told, by status or in the stream. */
  readonly error?: string | undefined;
  /** A stream that ended with "[DONE]". */
  readonly isWhole?: boolean;
}

export interface SendOptions {
  readonly signal?: AbortSignal;
  readonly headers?: Readonly<Record<string, string>>;
}

export function send(url: string, path: string, body: unknown, { signal, headers }: SendOptions = {}) {
  return fetch(url + path, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: typeof body === "string" ? body : JSON.stringify(body),
    ...(signal && { signal }),
  });
}

export async function postJson(
  url: string,
  path: string,
  body: unknown,
  options?: SendOptions,
): Promise<Reply> {
  const reply = await send(url, path, body, options);
  const text = await reply.text();
  const parsed = JSON.parse(text) as { error?: { code?: string } };
  return { status: reply.status, text, body: parsed, headers: reply.headers, error: parsed.error?.code };
}

interface Chunk {
  readonly choices?: readonly { readonly text?: string; readonly delta?: { readonly content?: string } }[];
  readonly error?: { readonly code?: string };
}

/**
 * Reads a stream to its end.
 * @param pauseMs between two reads, for a reader that is slow
 */
export async function postStream(
  url: string,
  path: string,
  body: object,
  { pauseMs = 0, ...options }: SendOptions & { pauseMs?: number } = {},
): Promise<Reply> {
  const reply = await send(url, path, { ...body, stream: true }, options);
  if (reply.status !== 200 || reply.body === null) {
    const text = await reply.text();
    const { error } = JSON.parse(text) as { error?: { code?: string } };
    return { status: reply.status, text, headers: reply.headers, error: error?.code };
  }
  let [text, rest, isWhole] = ["", "", false];
  let error: string | undefined;
  for await (const part of reply.body.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + part).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      if (line === "data: [DONE]") isWhole = true;
      else if (line.startsWith("data: ")) {
        const chunk = JSON.parse(line.slice("data: ".length)) as Chunk;
        error ??= chunk.error?.code;
        const choice = chunk.choices?.[0];
        text += choice?.delta?.content ?? choice?.text ?? "";
      }
    }
    if (pauseMs > 0) await delay(pauseMs);
  }
  return { status: reply.status, text, headers: reply.headers, error, isWhole };
}
