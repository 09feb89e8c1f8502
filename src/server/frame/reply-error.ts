/** Whatever was thrown becomes a reply in OpenAI's form; what is our own fault is told to the log alone. */

import type { Context } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { isAppError } from "../../errors.ts";
import type { Logger } from "../../logger.ts";
import { openaiError } from "../openai/openai-error.ts";
import type { ServerEnv } from "../server-env.ts";
import { codeOf, type TraceTable } from "./request-trace.ts";

/** The handler for Hono's onError. */
export function replyError(logger: Logger, traces: TraceTable) {
  return (error: unknown, c: Context<ServerEnv>): Response => {
    const id = c.get("requestId");
    const trace = traces.find(id);
    if (trace !== undefined) trace.error ??= codeOf(error);
    // A bug's message may hold anything, paths and prompts too: it goes to the log and not to the client.
    if (!isAppError(error)) logger.error("request failed", { id, stack: stackOf(error) });
    const { status, body, headers } = openaiError(error);
    return c.json(body, status as ContentfulStatusCode, headers);
  };
}

function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
