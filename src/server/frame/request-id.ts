/** Every request has an id, which its reply, its log line and the route log share. */

import { randomUUID } from "node:crypto";
import type { MiddlewareHandler } from "hono";
import type { ServerEnv } from "../server-env.ts";
import type { TraceTable } from "./request-trace.ts";

/** What tracing tools send: UUIDs, hexadecimal numbers, ULIDs. Nothing that could break a log line or a header. */
const WELL_FORMED = /^[\w.:=-]{1,128}$/;

/** Takes the client's x-request-id if it is well-formed and not in use, else makes one. Opens the request's trace. */
export function requestId(traces: TraceTable): MiddlewareHandler<ServerEnv> {
  return async (c, next) => {
    const given = c.req.header("x-request-id");
    const taken = given !== undefined && WELL_FORMED.test(given) && traces.open(given) !== undefined;
    const id = taken ? given : `req_${randomUUID().replaceAll("-", "")}`;
    if (!taken) traces.open(id);
    c.set("requestId", id);
    c.header("x-request-id", id);
    await next();
  };
}
