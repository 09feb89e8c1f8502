/** One line and one observation for every request, when its reply is over. Never a prompt, a key or a body. */

import type { MiddlewareHandler } from "hono";
import { routePath } from "hono/route";
import { ERROR_CODES } from "../../errors.ts";
import type { Logger } from "../../logger.ts";
import { visibleToken } from "../../visible-token.ts";
import type { RequestOutcome, ServerMetrics } from "../metrics/server-metrics.ts";
import type { ServerEnv } from "../server-env.ts";
import type { RequestTrace, TraceTable } from "./request-trace.ts";

/** Asked for every few seconds by whoever watches: they would bury the rest. */
const QUIET = new Set(["/health", "/ready", "/metrics"]);

/** Streams that only end when their reader leaves, or the server. */
const ENDLESS = new Set(["/v1/events"]);

/** The status of a request whose client did not wait for its reply; nginx's number. */
const LEFT = ERROR_CODES.CANCELLED.http;

/** Characters of an unknown address that are logged. */
const PATH_LENGTH = 120;

export function accessLog(
  traces: TraceTable,
  metrics: ServerMetrics,
  logger: Logger,
  now: () => number = () => performance.now(),
): MiddlewareHandler<ServerEnv> {
  return async (c, next) => {
    const id = c.get("requestId");
    const trace = traces.find(id)!;
    const { method, path } = c.req;
    // The last that matches; of an unknown address only what matches everything does.
    const matched = routePath(c, -1);
    const route = matched.includes("*") ? "unknown" : matched;
    if (ENDLESS.has(route)) trace.endless = true;
    const over = (left: boolean) => {
      traces.close(id);
      const outcome = outcomeOf(route, c.finalized ? c.res.status : left ? LEFT : 500, trace, {
        left,
        totalMs: now() - trace.startedAt,
      });
      metrics.observe(outcome);
      const line = {
        id,
        method,
        route,
        ...(route === "unknown" && { path: shown(path) }),
        ...figures(outcome),
      };
      logger[QUIET.has(route) && outcome.status < 400 ? "debug" : "info"]("request", line);
    };
    const { outgoing } = c.env ?? {};
    // A stream goes on long after its handler has returned; only the reply's end tells.
    outgoing?.once("close", () => over(!outgoing.writableFinished));
    try {
      await next();
    } finally {
      if (outgoing === undefined) over(false);
    }
  };
}

function outcomeOf(
  route: string,
  status: number,
  { model, usage, guard, reason, escalatedFrom, firstTokenMs, error }: RequestTrace,
  { left, totalMs }: { left: boolean; totalMs: number },
): RequestOutcome {
  return {
    route,
    model,
    status,
    error: left ? "disconnected" : (error ?? "none"),
    usage,
    guard,
    routing: reason === undefined ? undefined : { reason, escalatedFrom: escalatedFrom ?? [] },
    firstTokenMs,
    totalMs,
  };
}

/** What of an outcome is logged; a field that is undefined is left out by JSON. */
function figures({ status, model, error, usage, guard, routing, firstTokenMs, totalMs }: RequestOutcome) {
  return {
    status,
    ms: Math.round(totalMs),
    ...(error !== "none" && { error }),
    model,
    routed: routing?.reason,
    firstTokenMs: firstTokenMs === undefined ? undefined : Math.round(firstTokenMs),
    promptTokens: usage?.promptTokens,
    cachedTokens: usage?.cachedTokens,
    completionTokens: usage?.completionTokens,
    glitches: guard?.findings.length || undefined,
  };
}

function shown(path: string): string {
  return visibleToken(path.slice(0, PATH_LENGTH));
}
