/**
 * GET /v1/events: what happens in runs, as server-sent events, whichever process runs them. The numbers of the rows
 * are the ids, so that a browser that lost its connection goes on where it was (Last-Event-ID).
 * https://html.spec.whatwg.org/multipage/server-sent-events.html
 */

import { setMaxListeners } from "node:events";
import { setTimeout } from "node:timers/promises";
import { Hono } from "hono";
import { type SSEStreamingApi, streamSSE } from "hono/streaming";
import { AppError } from "../../errors.ts";
import type { Store } from "../../store/index.ts";
import type { ServerContext } from "../server-context.ts";
import type { ServerEnv } from "../server-env.ts";
import { wholeNumber } from "./query.ts";
import { findRun } from "./runs.ts";

export interface EventOptions {
  /** Between two looks into the store. @default 500 */
  readonly everyMs?: number;
  /** Without an event a comment is sent, so that proxies do not end the connection. @default 15 s */
  readonly heartbeatMs?: number;
  /** At once. @default 32 */
  readonly mostStreams?: number;
}

/** Rows taken at once: a reader that is slow holds no more than these. */
const ROWS = 200;
/** Rows read at once to find the end, as many as the store gives. */
const ROWS_TO_END = 1_000;

const DEFAULTS = { everyMs: 500, heartbeatMs: 15_000, mostStreams: 32 };

export function eventRoutes(context: ServerContext, options: EventOptions = {}): Hono<ServerEnv> {
  const { everyMs, heartbeatMs, mostStreams } = { ...DEFAULTS, ...options };
  const { store, closing, logger } = context;
  const app = new Hono<ServerEnv>();
  // Every reader waits for it, which Node takes for a leak from the eleventh on.
  setMaxListeners(0, closing);
  let open = 0;

  app.get("/v1/events", async (c) => {
    // Answered as a GET whose body nobody would ever read or leave.
    if (c.req.method === "HEAD") return c.body(null, 200, { "content-type": "text/event-stream" });
    if (open >= mostStreams)
      throw new AppError("BUSY", `${mostStreams} readers of events are connected.`, {
        hint: "Close one, or read the events of a run with `assay runs show`.",
      });
    const wanted = c.req.query("run");
    const run = wanted === undefined ? undefined : (await findRun(store, wanted)).id;
    const start = c.req.header("last-event-id") ?? c.req.query("after") ?? "0";
    const after =
      start === "now" ? await lastNumber(store) : wholeNumber(start, "after", { from: 0, to: 2 ** 53 - 1 });
    open += 1;
    return streamSSE(c, async (stream) => {
      try {
        await tail(stream, { store, run, after, everyMs, heartbeatMs, closing });
      } catch (error) {
        logger.error("events could not be read", { id: c.get("requestId"), error: (error as Error).message });
      } finally {
        open -= 1;
      }
    });
  });
  return app;
}

interface Tail {
  readonly store: Store;
  readonly run: string | undefined;
  readonly after: number;
  readonly everyMs: number;
  readonly heartbeatMs: number;
  readonly closing: AbortSignal;
}

/** Writes rows until the reader leaves or the server closes. Writing waits for the reader. */
async function tail(stream: SSEStreamingApi, from: Tail): Promise<void> {
  const { store, run, everyMs, heartbeatMs, closing } = from;
  const over = new AbortController();
  const end = () => over.abort();
  stream.onAbort(end);
  closing.addEventListener("abort", end, { once: true });
  if (closing.aborted) end();
  try {
    await stream.write(": events\n\n");
    let after = from.after;
    let quietSince = Date.now();
    while (!over.signal.aborted) {
      const rows = await store.events(after, { ...(run !== undefined && { run }), limit: ROWS });
      for (const { number, run: of, at, event } of rows) {
        if (over.signal.aborted) return;
        const data = JSON.stringify({ run: of, at, ...event });
        await stream.writeSSE({ id: String(number), event: event.type, data });
        after = number;
      }
      if (rows.length > 0) quietSince = Date.now();
      else if (Date.now() - quietSince >= heartbeatMs) {
        await stream.write(": still here\n\n");
        quietSince = Date.now();
      }
      // Ends early, with an error that means nothing more, when nobody waits.
      if (rows.length < ROWS)
        await setTimeout(everyMs, undefined, { signal: over.signal }).catch(() => undefined);
    }
  } finally {
    closing.removeEventListener("abort", end);
  }
}

async function lastNumber(store: Store): Promise<number> {
  for (let last = 0; ; ) {
    const rows = await store.events(last, { limit: ROWS_TO_END });
    last = rows.at(-1)?.number ?? last;
    if (rows.length < ROWS_TO_END) return last;
  }
}
