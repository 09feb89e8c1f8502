/**
 * A page elsewhere can give its own name the address 127.0.0.1 and then talk to this server as to its own (DNS
 * rebinding). The browser still sends the page's name as Host, by which it is told apart.
 */

import type { MiddlewareHandler } from "hono";
import { AppError } from "../../errors.ts";
import { visibleToken } from "../../visible-token.ts";
import type { ServerEnv } from "../server-env.ts";

/** 127.0.0.0/8 as it is written in full; RFC 1122, 3.2.1.3. */
const LOOPBACK = /^127(\.(25[0-5]|2[0-4]\d|1?\d?\d)){3}$/;

/** Whether only this machine reaches an address that is listened on. */
export function isLoopback(host: string): boolean {
  const name = bare(host);
  return name === "localhost" || name === "::1" || LOOPBACK.test(name);
}

/** The name of a Host header without its port, in small letters; undefined if it is none. */
export function hostName(header: string): string | undefined {
  const match = /^(\[[0-9a-f:.]+\]|[^\s:/?#@[\]\\]+)(?::\d{1,5})?$/i.exec(header);
  return match === null ? undefined : bare(match[1]!);
}

/**
 * Refuses names that no caller of this machine would use. Any port is taken: tunnels and containers have others.
 * @param host what is listened on; if others reach it, a key protects it and names cannot be known
 */
export function requireOwnHost(host: string): MiddlewareHandler<ServerEnv> {
  const checked = isLoopback(host);
  return async (c, next) => {
    // The address stands for a header that lacks: HTTP/1.0, and calls without a socket. No browser leaves it out.
    const given = c.req.header("host") ?? new URL(c.req.url).host;
    const name = hostName(given);
    if (!checked || (name !== undefined && isLoopback(name))) return next();
    throw new AppError("FORBIDDEN", `This server is not ${visibleToken(given.slice(0, 100))}.`, {
      hint: "Ask for localhost or 127.0.0.1. For other names listen with --host and a key.",
    });
  };
}

function bare(name: string): string {
  return name.toLowerCase().replace(/^\[|\]$/g, "");
}
