/** One request to /v1/completions with a prompt of token ids, read as a stream. Works on any server that takes ids. */

import { AppError } from "../../errors.ts";
import { visibleToken } from "../../visible-token.ts";
import type { ServedRequest, ServingTarget } from "./serving-bench.ts";

export interface CompletionWish {
  readonly prompt: readonly number[];
  /** Of the answer, exactly. */
  readonly tokens: number;
  readonly signal?: AbortSignal | undefined;
}

/** Characters of a server's own words that an error repeats. */
const SHOWN = 300;

/** @throws DATA_UNAVAILABLE for a server that does not answer, or not with so many tokens; CANCELLED */
export async function streamCompletion(
  { url, model, endless }: ServingTarget,
  { prompt, tokens, signal }: CompletionWish,
): Promise<ServedRequest> {
  const started = performance.now();
  const since = () => performance.now() - started;
  const body = {
    ...{ model, prompt, max_tokens: tokens, temperature: 0 },
    ...{ stream: true, stream_options: { include_usage: true } },
    ...endless,
  };
  try {
    const reply = await fetch(`${url}/v1/completions`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
      ...(signal && { signal }),
    });
    if (!reply.ok || reply.body === null) throw refused(url, reply.status, await reply.text());
    let firstMs: number | undefined;
    let received = 0;
    let isWhole = false;
    for await (const data of eventData(reply.body)) {
      if (data === "[DONE]") {
        isWhole = true;
        continue;
      }
      const { choices, usage, error } = JSON.parse(data) as StreamChunk;
      if (error) throw refused(url, reply.status, error.message ?? data);
      if (choices?.length) firstMs ??= since();
      received = usage?.completion_tokens ?? received;
    }
    if (!isWhole) throw refused(url, reply.status, "The stream ended before its end.");
    if (received !== tokens)
      throw refused(url, reply.status, `${received} tokens came where ${tokens} were asked for.`);
    return { firstMs: firstMs ?? since(), totalMs: since(), tokens: received };
  } catch (error) {
    if (signal?.aborted) throw new AppError("CANCELLED", "The measurement was stopped.", { cause: error });
    if (error instanceof AppError) throw error;
    const { message, cause } = error as Error;
    throw new AppError(
      "DATA_UNAVAILABLE",
      `${url} cannot be asked: ${(cause as Error)?.message ?? message}.`,
      {
        cause: error,
      },
    );
  }
}

interface StreamChunk {
  readonly choices?: readonly unknown[];
  readonly usage?: { readonly completion_tokens?: number } | null;
  readonly error?: { readonly message?: string };
}

/** The data lines of an event stream. */
async function* eventData(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const bytes of body as unknown as AsyncIterable<Uint8Array>) {
    const lines = (rest + decoder.decode(bytes, { stream: true })).split(/\r?\n/);
    rest = lines.pop() ?? "";
    for (const line of lines) if (line.startsWith("data:")) yield line.slice("data:".length).trim();
  }
}

function refused(url: string, status: number, words: string): AppError {
  return new AppError(
    "DATA_UNAVAILABLE",
    `${url} did not serve the request (status ${status}): ${visibleToken(words.slice(0, SHOWN))}`,
  );
}
