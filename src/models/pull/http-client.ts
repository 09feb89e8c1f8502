/**
 * Requests for files: redirects are followed by hand so that each target is judged before it is connected to.
 * node:https and not fetch: Node's own fetch takes no lookup function, and what is checked must be what is
 * connected to.
 */

import {
  type IncomingHttpHeaders,
  type IncomingMessage,
  Agent as PlainAgent,
  request as plain,
} from "node:http";
import { Agent as SecureAgent, request as secure } from "node:https";
import { type AddressRules, assertAllowed, redirectTarget, refused } from "./address-rules.ts";
import { openAddressLookup } from "./special-address.ts";

const MAX_REDIRECTS = 10;
const SHORT_BODY = 64 * 2 ** 10;
const REDIRECTS = [301, 302, 303, 307, 308];

export interface HttpClientOptions extends AddressRules {
  /** Sent as a bearer token to this origin and to no other. */
  readonly token?: { readonly origin: string; readonly value: string } | undefined;
  /** A connection without a byte for so long is given up, milliseconds. @default 30,000 */
  readonly stallMs?: number | undefined;
}

export interface HttpRequest {
  readonly method?: "GET" | "POST";
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly signal?: AbortSignal | undefined;
}

export interface HttpReply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** Where the answer came from, after redirects. */
  readonly url: URL;
  /** Whether `url` is of another origin than the one asked. */
  readonly redirected: boolean;
  /** Headers of the first answer, a redirect or not: those of the hub, before its storage. */
  readonly firstHeaders: IncomingHttpHeaders;
  /** To be read to the end or destroyed; ends with an error when the connection is cut or stalls. */
  readonly body: IncomingMessage;
}

export interface HttpClient {
  /**
   * Answers with any status but a redirect.
   * @throws AppError DATA_UNAVAILABLE for a refused redirect; CANCELLED; the system's error, which may be retried
   */
  open(url: URL, request?: HttpRequest): Promise<HttpReply>;
  /** Ends idle connections. */
  close(): void;
}

/** A client for one pull; connections are kept and used again. */
export function createHttpClient(options: HttpClientOptions): HttpClient {
  const agents = {
    "http:": new PlainAgent({ keepAlive: true }),
    "https:": new SecureAgent({ keepAlive: true }),
  };
  const send = (url: URL, request: HttpRequest) => sendOnce(url, request, options, agents);
  return {
    async open(url, request = {}) {
      assertAllowed(url, options);
      let reply = await send(url, request);
      const firstHeaders = reply.headers;
      let at = url;
      for (let hops = 0; REDIRECTS.includes(reply.statusCode ?? 0); hops++) {
        discard(reply);
        if (hops === MAX_REDIRECTS) throw refused(at, `redirects more than ${MAX_REDIRECTS} times`);
        const target = redirectTarget(at, reply.headers.location);
        assertAllowed(target, options, at);
        at = target;
        reply = await send(at, request);
      }
      const status = reply.statusCode ?? 0;
      const redirected = at.origin !== url.origin;
      return { status, headers: reply.headers, url: at, redirected, firstHeaders, body: reply };
    },
    close() {
      for (const agent of Object.values(agents)) agent.destroy();
    },
  };
}

/** Lets go of an answer's body: a short one is read so that the connection can be used again. */
export function discard(body: IncomingMessage): void {
  const length = Number(body.headers["content-length"] ?? Number.NaN);
  if (length <= SHORT_BODY) body.resume();
  else body.destroy();
}

function sendOnce(
  url: URL,
  { method = "GET", headers, body, signal }: HttpRequest,
  { trustedHosts, token, stallMs = 30_000 }: HttpClientOptions,
  agents: { "http:": PlainAgent; "https:": SecureAgent },
): Promise<IncomingMessage> {
  const isSecure = url.protocol === "https:";
  const own = {
    "user-agent": "assay",
    // A compressed answer would have other bytes than the ranges asked for.
    "accept-encoding": "identity",
    ...(token?.origin === url.origin && { authorization: `Bearer ${token.value}` }),
  };
  return new Promise((resolve, reject) => {
    const sent = (isSecure ? secure : plain)(url, {
      method,
      headers: { ...headers, ...own },
      agent: isSecure ? agents["https:"] : agents["http:"],
      ...(!trustedHosts.includes(url.host) && { lookup: openAddressLookup(url.host) }),
      ...(signal && { signal }),
    });
    let reply: IncomingMessage | undefined;
    const watchdog = setTimeout(() => {
      const stalled = Object.assign(new Error(`no byte for ${stallMs / 1_000} s`), { code: "ETIMEDOUT" });
      (reply ?? sent).destroy(stalled);
    }, stallMs);
    sent.on("error", (error) => {
      clearTimeout(watchdog);
      reject(error);
    });
    sent.on("response", (answer) => {
      reply = answer;
      // Every byte gives the connection its time again.
      answer.on("data", () => watchdog.refresh());
      answer.pause();
      // Whoever reads the body meets the error there; one that nobody reads must not end the process.
      answer.on("error", () => undefined);
      answer.on("close", () => clearTimeout(watchdog));
      resolve(answer);
    });
    sent.end(body);
  });
}
