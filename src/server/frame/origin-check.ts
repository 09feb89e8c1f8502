/** Which pages may talk to the server: its own, and those that were named; CORS is closed to all others. */

import type { MiddlewareHandler } from "hono";
import { cors } from "hono/cors";
import { AppError } from "../../errors.ts";
import { visibleToken } from "../../visible-token.ts";
import type { ServerEnv } from "../server-env.ts";

/** Headers of ours that a page's script may read. */
const EXPOSED = [
  "x-request-id",
  "retry-after",
  "x-assay-model",
  "x-assay-route",
  "x-assay-route-score",
  "x-assay-route-threshold",
  "x-assay-route-alternatives",
  "x-assay-route-escalated",
];

/** Seconds that a browser remembers a preflight; Chromium's own limit is two hours. */
const PREFLIGHT_SECONDS = 600;

/**
 * Refuses requests of foreign pages. Without it a page could not read the replies, but its requests would be carried
 * out: text/plain needs no preflight.
 * @param allowed origins such as "http://localhost:3000", exactly as browsers send them
 */
export function requireOwnOrigin(allowed: readonly string[]): MiddlewareHandler<ServerEnv> {
  const open = new Set(allowed);
  const answer = cors({
    origin: [...open],
    allowMethods: ["GET", "POST"],
    exposeHeaders: EXPOSED,
    maxAge: PREFLIGHT_SECONDS,
  });
  return async (c, next) => {
    const origin = c.req.header("origin");
    if (origin === undefined) return next();
    // A preflight carries no key: it is answered here, and only to origins that were named.
    if (open.has(origin)) return answer(c, next);
    if (isOwn(origin, c.req.header("host") ?? new URL(c.req.url).host)) return next();
    throw new AppError(
      "FORBIDDEN",
      `Pages of ${visibleToken(origin.slice(0, 100))} may not ask this server.`,
      {
        hint: "Start it with --cors ORIGIN to let a page in.",
      },
    );
  };
}

/** The page came from this server: same name, same port. "null" (files, sandboxes) is nobody's. */
function isOwn(origin: string, host: string): boolean {
  const match = /^https?:\/\/(.+)$/.exec(origin);
  return match !== null && match[1]!.toLowerCase() === host.toLowerCase();
}

/**
 * An origin as browsers write it.
 * @throws USAGE for anything else: "*", a path, a name without its scheme
 */
export function parseOrigin(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (
    url !== undefined &&
    /^https?:$/.test(url.protocol) &&
    !url.hostname.includes("*") &&
    url.origin === text.toLowerCase().replace(/\/$/, "")
  )
    return url.origin;
  throw new AppError("USAGE", `--cors ${visibleToken(text)} is no origin.`, {
    hint: "Write it as browsers do: http://localhost:3000, without a path; * is not taken.",
  });
}
