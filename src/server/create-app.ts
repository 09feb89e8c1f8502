/**
 * The server as a function from requests to replies; nothing here listens. Order matters: a request that may not be
 * here learns nothing, not even which addresses there are, and no body is read for it.
 */

import { Hono } from "hono";
import { methodNotAllowed } from "hono/method-not-allowed";
import { AppError } from "../errors.ts";
import { visibleToken } from "../visible-token.ts";
import { accessLog } from "./frame/access-log.ts";
import { type KeyDigests, requireKey } from "./frame/api-keys.ts";
import { requireOwnHost } from "./frame/host-check.ts";
import { requireJson } from "./frame/json-body.ts";
import { requireOwnOrigin } from "./frame/origin-check.ts";
import { replyError } from "./frame/reply-error.ts";
import { requestId } from "./frame/request-id.ts";
import { createTraceTable, type TraceTable } from "./frame/request-trace.ts";
import { tracedDispatch } from "./frame/traced-dispatch.ts";
import { unknownRoute } from "./frame/unknown-route.ts";
import { chatRoutes } from "./openai/chat-routes.ts";
import { completionRoutes } from "./openai/completion-routes.ts";
import { responseRoutes } from "./openai/response-routes.ts";
import { eventRoutes } from "./routes/events.ts";
import { healthRoutes } from "./routes/health.ts";
import { metricsRoutes } from "./routes/metrics.ts";
import { modelRoutes } from "./routes/models.ts";
import { runRoutes } from "./routes/runs.ts";
import { tokenizeRoutes } from "./routes/tokenize.ts";
import type { ServerContext } from "./server-context.ts";
import type { ServerEnv } from "./server-env.ts";

export interface AppOptions {
  /** What is listened on: on loopback the Host of requests is checked. */
  readonly host: string;
  /** Digests of the keys that are taken; none: no key is asked for. */
  readonly keys?: KeyDigests;
  /** Origins whose pages are let in. */
  readonly cors?: readonly string[];
  /** Bytes of a request's body. @default 4 MiB */
  readonly maxBodyBytes?: number;
}

export interface ServerApp {
  readonly app: Hono<ServerEnv>;
  /** Requests under way, for whoever shuts the server down. */
  readonly traces: TraceTable;
}

/** A conversation of 32,768 tokens is about 150 KB; tools and schemas come on top. */
const MAX_BODY_BYTES = 4 * 2 ** 20;

/** Seconds in which a server that was told to end has ended and another may have started. */
const RETRY_SECONDS = 5;

/** Characters of an address that errors repeat. */
const SHOWN = 120;

/** Answered while the server closes: they tell that it does. */
const ALWAYS = new Set(["/health", "/ready", "/metrics"]);

/** Puts the frame around all routes. */
export function createApp(context: ServerContext, options: AppOptions): ServerApp {
  const { host, keys = [], cors = [], maxBodyBytes = MAX_BODY_BYTES } = options;
  const { logger, metrics, closing } = context;
  const traces = createTraceTable();
  const app = new Hono<ServerEnv>();
  const traced: ServerContext = { ...context, dispatch: tracedDispatch(context.dispatch, traces, closing) };
  const reply = replyError(logger, traces);
  app.onError(reply);
  app.use(requestId(traces), accessLog(traces, metrics, logger));
  app.use(async (c, next) => {
    await next();
    // Replies are JSON or text of a model: no browser is to guess that they are a page, or to keep them.
    c.header("x-content-type-options", "nosniff");
    if (!c.res.headers.has("cache-control")) c.header("cache-control", "no-store");
  });
  app.use(requireOwnHost(host), requireOwnOrigin(cors), requireKey(keys));
  app.use(async (c, next) => {
    if (closing.aborted && !ALWAYS.has(c.req.path))
      throw new AppError("CLOSING", "The server is shutting down.", {
        hint: "Try again in a moment: it may start anew.",
        details: { retryAfterSeconds: RETRY_SECONDS },
      });
    await next();
  });
  app.use(
    methodNotAllowed({
      app,
      onMethodNotAllowed(c, methods) {
        const allow = methods.join(", ");
        c.header("allow", allow);
        const path = visibleToken(c.req.path.slice(0, SHOWN));
        return reply(new AppError("METHOD_NOT_ALLOWED", `${path} takes ${allow}.`), c);
      },
    }),
  );
  app.use(requireJson(maxBodyBytes));

  for (const routes of [
    chatRoutes(traced),
    completionRoutes(traced),
    responseRoutes(traced),
    modelRoutes(traced),
    tokenizeRoutes(traced),
    healthRoutes(traced),
    metricsRoutes(traced),
    runRoutes(traced),
    eventRoutes(traced),
  ])
    app.route("/", routes);

  const paths = [...new Set(app.routes.map(({ path }) => path))].filter((path) => !/[*:]/.test(path));
  app.notFound((c) => reply(unknownRoute(c.req.path, paths), c));
  return { app, traces };
}
