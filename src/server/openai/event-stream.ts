/** Server-sent events over a body that is written only as fast as it is read. */

import { AppError } from "../../errors.ts";
import { openaiError } from "./openai-error.ts";

export interface EventStreamOptions {
  /** Ends the work: the reader has left, or reads no more. */
  readonly stop: (reason: AppError) => void;
  /** Closes the connection of a reader that takes nothing, who would not hear of an error either. */
  readonly cut?: (() => void) | undefined;
  /** What an error is said with; after the first byte it can only be said in the stream. */
  readonly onError: (error: unknown) => string;
  /** A comment is sent when nothing else was for so long, so that no proxy thinks the line is dead. @default 15 s */
  readonly heartbeatMs?: number | undefined;
  /** A reader that takes nothing for so long is cut off: it holds a model. @default 2 minutes */
  readonly stallMs?: number | undefined;
}

/** A comment, which readers of event streams skip. */
const HEARTBEAT = ": working\n\n";

/**
 * Pulls a frame when the reader has taken the last one, so what waits here is one frame. An error ends the stream
 * without "[DONE]": openai-python's and openai-node's streams raise on any event whose data has an `error`.
 *
 * @param first the frame that was asked for before it was known whether there would be a stream
 */
export function eventStream(
  frames: AsyncIterator<string>,
  first: Promise<IteratorResult<string>>,
  { stop, cut, onError, heartbeatMs = 15_000, stallMs = 120_000 }: EventStreamOptions,
): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  let pending: Promise<IteratorResult<string>> | undefined = first;
  let stall: NodeJS.Timeout | undefined;
  let left = false;

  const leave = (reason: AppError) => {
    left = true;
    clearTimeout(stall);
    stop(reason);
    // The work ends by the signal; what it throws then is nobody's.
    pending?.catch(() => {});
    frames.return?.().catch(() => {});
  };
  const send = (controller: ReadableStreamDefaultController<Uint8Array>, text: string) => {
    if (left) return;
    controller.enqueue(encoder.encode(text));
    stall = setTimeout(() => {
      const reason = new AppError("CANCELLED", `The reader took nothing for ${stallMs} ms.`);
      leave(reason);
      if (cut) cut();
      else controller.error(reason);
    }, stallMs).unref();
  };
  const close = (controller: ReadableStreamDefaultController<Uint8Array>) => {
    clearTimeout(stall);
    if (!left) controller.close();
  };

  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        clearTimeout(stall);
        pending ??= frames.next();
        try {
          const step = await within(pending, heartbeatMs);
          if (step === undefined) return send(controller, HEARTBEAT);
          pending = undefined;
          if (step.done) close(controller);
          else send(controller, step.value);
        } catch (error) {
          send(controller, onError(error));
          close(controller);
        }
      },
      cancel: () => leave(new AppError("CANCELLED", "The reader left.")),
    },
    { highWaterMark: 0 },
  );
}

/** The value, or undefined when it is not there in time. */
export async function within<T>(promise: Promise<T>, milliseconds: number): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(resolve, milliseconds, undefined);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

// Line ends of Unicode that JSON leaves as they are, and that readers which split decoded text take for ends of
// lines (Python's str.splitlines(), which httpx' iter_lines() follows).
const LINE_ENDS = /[\u0085\u2028\u2029]/g;

/** One event of the chat and completion APIs. */
export function dataFrame(data: object): string {
  return `data: ${eventJson(data)}\n\n`;
}

/** One event of the Responses API, which has a name as well. */
export function namedFrame(name: string, data: object): string {
  return `event: ${name}\n${dataFrame(data)}`;
}

const eventJson = (data: object) =>
  JSON.stringify(data).replaceAll(
    LINE_ENDS,
    (end) => `\\u${end.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );

/** The end of a stream that nothing went wrong in. */
export const DONE = "data: [DONE]\n\n";

/** The error of a stream in the form that OpenAI's clients raise on. */
export const errorFrame = (error: unknown): string => dataFrame(openaiError(error).body);
