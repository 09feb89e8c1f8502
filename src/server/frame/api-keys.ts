/** The key of a request, compared without telling by its time how much of it was right. */

import { createHash, timingSafeEqual } from "node:crypto";
import type { MiddlewareHandler } from "hono";
import { AppError } from "../../errors.ts";
import type { ServerEnv } from "../server-env.ts";

/** SHA-256 digests of the keys that are taken; the keys themselves are not kept. */
export type KeyDigests = readonly Uint8Array[];

export function digestKeys(keys: readonly string[]): KeyDigests {
  return keys.map(digest);
}

/** Whether the key is one of them. Digests are of one length, and all are looked at whichever is right. */
export function isKnownKey(key: string, digests: KeyDigests): boolean {
  const own = digest(key);
  return digests.reduce((found, it) => timingSafeEqual(own, it) || found, false);
}

/** The key of a request: `Authorization: Bearer KEY`, as OpenAI's clients send it, or `x-api-key: KEY`. */
export function keyOf(header: (name: string) => string | undefined): string | undefined {
  const bearer = /^Bearer +(\S+) *$/i.exec(header("authorization") ?? "")?.[1];
  return bearer ?? (header("x-api-key")?.trim() || undefined);
}

/** Refuses requests without a right key, whatever their path. No digests: no key is asked for. Tells who asks. */
export function requireKey(digests: KeyDigests): MiddlewareHandler<ServerEnv> {
  return async (c, next) => {
    const key = keyOf((name) => c.req.header(name));
    if (digests.length === 0) {
      // OpenAI's clients always send some key: agents with different ones take turns.
      c.set("client", key === undefined ? addressOf(c.env) : nameOf(key));
      return next();
    }
    if (key !== undefined && isKnownKey(key, digests)) {
      c.set("client", nameOf(key));
      return next();
    }
    c.header("www-authenticate", "Bearer");
    throw new AppError(
      "UNAUTHORISED",
      key === undefined ? "The request has no API key." : "The API key is wrong.",
      { hint: "Send `Authorization: Bearer KEY`: api_key in OpenAI's clients." },
    );
  };
}

function addressOf(env: ServerEnv["Bindings"] | undefined): string {
  return `address:${env?.incoming?.socket.remoteAddress ?? "none"}`;
}

/** 48 bits of a digest say nothing about the key and tell any number of agents apart. */
function nameOf(key: string): string {
  return `key:${Buffer.from(digest(key)).toString("hex", 0, 6)}`;
}

function digest(key: string): Uint8Array {
  return createHash("sha256").update(key, "utf8").digest();
}
