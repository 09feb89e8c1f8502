/** The one place that listens: the app on a socket, with bounds on whoever connects. */

import { createServer, type Server } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { getRequestListener } from "@hono/node-server";
import type { Hono } from "hono";
import { AppError } from "../errors.ts";
import type { Logger } from "../logger.ts";
import { openaiError } from "./openai/openai-error.ts";
import type { ServerEnv } from "./server-env.ts";

export interface ListenOptions {
  readonly host: string;
  /** 0: any that is free. */
  readonly port: number;
  readonly logger: Logger;
  readonly limits?: Partial<ConnectionLimits>;
}

export interface ConnectionLimits {
  /** Connections at once; further ones are closed. @default 1,024 */
  readonly connections: number;
  /** Bytes of a request's headers, all together. @default 16 KiB */
  readonly headerBytes: number;
  /** Headers of a request; Node drops those beyond. @default 100 */
  readonly headers: number;
  /** Milliseconds until a request's headers are there. @default 10 s */
  readonly headersMs: number;
  /** Milliseconds until its body is. @default 60 s */
  readonly requestMs: number;
  /** Milliseconds that a connection may do nothing between two requests. @default 75 s */
  readonly idleMs: number;
}

export interface Listening {
  /** "http://127.0.0.1:8080", with the port that was taken. */
  readonly url: string;
  readonly port: number;
  /** Ends the listening, and all connections. */
  close(): Promise<void>;
}

/**
 * Clients that keep connections (undici, httpx) drop them after some seconds; a server that is quicker than they
 * makes their next request fail.
 */
const LIMITS: ConnectionLimits = {
  connections: 1_024,
  headerBytes: 16_384,
  headers: 100,
  headersMs: 10_000,
  requestMs: 60_000,
  idleMs: 75_000,
};

/** How often Node looks for requests that are too slow; its own 30 s would let them stay that much longer. */
const CHECK_MS = 1_000;

/**
 * Listens.
 * @throws CONFIG if the address is taken, not this machine's, or not allowed
 */
export async function listen(app: Hono<ServerEnv>, options: ListenOptions): Promise<Listening> {
  const { host, port, logger } = options;
  const limits = { ...LIMITS, ...options.limits };
  const listener = getRequestListener(app.fetch, {
    // Only for requests of HTTP/1.0, which need not name one.
    hostname: "localhost",
    overrideGlobalObjects: false,
    errorHandler: () => badRequest(),
  });
  const server = createServer(
    {
      maxHeaderSize: limits.headerBytes,
      headersTimeout: limits.headersMs,
      requestTimeout: limits.requestMs,
      keepAliveTimeout: limits.idleMs,
      connectionsCheckingInterval: CHECK_MS,
    },
    listener,
  );
  server.maxHeadersCount = limits.headers;
  server.maxConnections = limits.connections;
  server.on("clientError", refuse);
  server.on("drop", () => logger.warn(`A connection was refused: ${limits.connections} are open.`));
  await begin(server, host, port);
  server.on("error", (error) => logger.error("server", { error: error.message }));
  const { port: taken } = server.address() as AddressInfo;
  return {
    url: `http://${host.includes(":") ? `[${host}]` : host}:${taken}`,
    port: taken,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function begin(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (cause: NodeJS.ErrnoException) => reject(listenError(cause, host, port));
    server.once("error", fail);
    server.listen({ host, port }, () => {
      server.off("error", fail);
      resolve();
    });
  });
}

function listenError(cause: NodeJS.ErrnoException, host: string, port: number): AppError {
  const reasons: Record<string, [message: string, hint: string]> = {
    EADDRINUSE: [
      `Port ${port} of ${host} is taken by another program.`,
      "Choose another with --port, or 0 for any that is free.",
    ],
    EACCES: [`Port ${port} may not be listened on by this user.`, "Choose one from 1024 on with --port."],
    EADDRNOTAVAIL: [`${host} is no address of this machine.`, "Leave --host out for 127.0.0.1."],
    ENOTFOUND: [`${host} is no name of this machine.`, "Leave --host out for 127.0.0.1."],
  };
  const [message, hint] = reasons[cause.code ?? ""] ?? [
    `${host}:${port} cannot be listened on: ${cause.message}.`,
  ];
  return new AppError("CONFIG", message!, { hint, cause });
}

/** What Node could not make a request of: no route ever sees it. */
function refuse(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === "ECONNRESET" || !socket.writable) return void socket.destroy();
  const [status, message] = {
    HPE_HEADER_OVERFLOW: ["431 Request Header Fields Too Large", "The request's headers are too large."],
    ERR_HTTP_REQUEST_TIMEOUT: ["408 Request Timeout", "The request took too long to arrive."],
  }[error.code ?? ""] ?? ["400 Bad Request", "The request is no HTTP."];
  const body = JSON.stringify(openaiError(new AppError("USAGE", message!)).body);
  socket.end(
    `HTTP/1.1 ${status}\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  );
  // A client that does not hang up would keep its connection for ever.
  socket.destroySoon();
}

/** A Host or an address that no URL can be made of. */
function badRequest(): Response {
  const { body, status } = openaiError(new AppError("USAGE", "The request's address or Host is wrong."));
  return Response.json(body, { status });
}
