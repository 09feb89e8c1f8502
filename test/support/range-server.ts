/**
 * A server of files with ranges for tests, with the troubles that real ones have, and with the hub's documented
 * routes: POST /api/models/{repo}/paths-info/{rev}, GET /api/models/{repo}/tree/{rev}, GET /{repo}/resolve/{rev}/{path}.
 */

import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** What goes wrong with one request; the counts say how often. */
export interface Trouble {
  /** Bytes after which the connection is cut. */
  cutAfter?: number;
  status?: number;
  headers?: Record<string, string>;
  /** Connection stays open and silent after so many bytes. */
  stallAfter?: number;
  /** Bytes that are sent beyond those promised, in chunks without a length. */
  extra?: number;
  contentRange?: string;
  /** Waits before the answer, milliseconds. */
  delayMs?: number;
  /** Hangs up before any answer. */
  hangUp?: true;
}

export interface Served {
  readonly method: string;
  readonly path: string;
  readonly range: string | undefined;
  readonly ifRange: string | undefined;
  readonly authorization: string | undefined;
  /** Bytes of the body that were handed to the connection. */
  sent: number;
}

export interface RangeServerOptions {
  files: Record<string, Buffer>;
  /** @default true */
  ranges?: boolean;
  /** The tag of a file. @default its hash */
  etagOf?: (path: string, bytes: Buffer) => string | undefined;
  /** Taken from the front, one a request for a file (not for the API). */
  troubles?: Trouble[];
  /** A trouble for this request, after `troubles` are used up. */
  troubleOf?: (request: IncomingMessage) => Trouble | undefined;
  /** Repository "owner/name" whose files are in `files` under their own paths. */
  repo?: string | undefined;
  /** Where /resolve/ leads: another server's origin. @default this server sends the file */
  storage?: string;
  /** The hash that the hub's API tells, in place of the true one. */
  lfsHash?: string;
  /** What the hub's API says, in place of the truth. */
  apiAnswer?: string;
  /** Bytes a second of one connection. */
  bytesPerSecond?: number;
}

/** Starts the server on a free port of 127.0.0.1. `options` may be changed while it runs. */
export async function startRangeServer(options: RangeServerOptions) {
  const requests: Served[] = [];
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? "/", "http://server");
    const { range, "if-range": ifRange, authorization } = request.headers;
    const served: Served = {
      ...{ method: request.method ?? "", path: decodeURIComponent(url.pathname), range, authorization },
      ...{ ifRange: ifRange as string | undefined, sent: 0 },
    };
    requests.push(served);
    answer(request, response, served, options).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    origin: `http://127.0.0.1:${port}`,
    port,
    requests,
    options,
    /** Bytes of files that were sent so far. */
    sent: () => requests.reduce((sum, { sent }) => sum + sent, 0),
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

export type RangeServer = Awaited<ReturnType<typeof startRangeServer>>;

const sha256 = (bytes: Buffer) => createHash("sha256").update(bytes).digest("hex");

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  served: Served,
  options: RangeServerOptions,
): Promise<void> {
  const { repo, storage } = options;
  if (served.path.startsWith("/api/")) return answerApi(request, response, served, options);
  const trouble = options.troubles?.shift() ?? options.troubleOf?.(request) ?? {};
  if (trouble.delayMs !== undefined) await new Promise((resolve) => setTimeout(resolve, trouble.delayMs));
  if (trouble.hangUp) return void request.destroy();
  if (trouble.status !== undefined) {
    response.writeHead(trouble.status, trouble.headers).end("trouble");
    return;
  }
  const resolved = repo === undefined ? undefined : served.path.match(`^/${repo}/resolve/[^/]+/(.+)$`)?.[1];
  const path = resolved ?? served.path.slice(1);
  const bytes = options.files[path];
  if (bytes === undefined) {
    response.writeHead(404, { "x-error-code": "EntryNotFound" }).end();
    return;
  }
  const linked = {
    "x-linked-size": String(bytes.length),
    "x-linked-etag": `"${options.lfsHash ?? sha256(bytes)}"`,
  };
  if (resolved !== undefined && storage !== undefined) {
    response.writeHead(302, { location: `${storage}/${path}`, ...linked }).end();
    return;
  }
  await sendFile(response, served, bytes, path, trouble, options, resolved === undefined ? {} : linked);
}

async function answerApi(
  request: IncomingMessage,
  response: ServerResponse,
  { path }: Served,
  { repo, files, lfsHash, apiAnswer }: RangeServerOptions,
): Promise<void> {
  const entryOf = (name: string) => ({
    ...{ type: "file", path: name, oid: "0".repeat(40), size: files[name]!.length },
    lfs: { oid: lfsHash ?? sha256(files[name]!), size: files[name]!.length, pointerSize: 134 },
  });
  const json = (status: number, value: unknown, headers = {}) =>
    response.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(value));
  if (apiAnswer !== undefined) return void response.writeHead(200).end(apiAnswer);
  if (repo === undefined) return void response.writeHead(404).end();
  if (!path.startsWith(`/api/models/${repo}/`))
    return void json(401, { error: "Repository not found" }, { "x-error-code": "RepoNotFound" });
  if (path.includes("/paths-info/")) {
    let body = "";
    for await (const chunk of request) body += chunk;
    const { paths } = JSON.parse(body) as { paths: string[] };
    return void json(200, paths.filter((name) => files[name]).map(entryOf));
  }
  if (path.includes("/tree/")) return void json(200, Object.keys(files).map(entryOf));
  json(404, {});
}

async function sendFile(
  response: ServerResponse,
  served: Served,
  bytes: Buffer,
  path: string,
  trouble: Trouble,
  { ranges = true, etagOf = (_, it) => `"${sha256(it)}"`, bytesPerSecond }: RangeServerOptions,
  more: Record<string, string>,
): Promise<void> {
  const etag = etagOf(path, bytes);
  const [, from, to] = served.range?.match(/^bytes=(\d+)-(\d+)$/) ?? [];
  const isRange = ranges && from !== undefined && (served.ifRange === undefined || served.ifRange === etag);
  const start = isRange ? Number(from) : 0;
  const end = isRange ? Math.min(Number(to) + 1, bytes.length) : bytes.length;
  const { extra = 0, contentRange = `bytes ${start}-${end - 1}/${bytes.length}` } = trouble;
  response.writeHead(isRange ? 206 : 200, {
    ...{ ...more, ...trouble.headers },
    ...(etag !== undefined && { etag }),
    ...(isRange && { "content-range": contentRange }),
    ...(extra === 0 && { "content-length": String(end - start) }),
  });
  const body = Buffer.concat([bytes.subarray(start, end), Buffer.alloc(extra)]);
  const limit = Math.min(body.length, trouble.cutAfter ?? body.length, trouble.stallAfter ?? body.length);
  const piece = bytesPerSecond === undefined ? 65_536 : Math.max(1, Math.floor(bytesPerSecond / 50));
  for (let at = 0; at < limit && !response.destroyed; at += piece) {
    const chunk = body.subarray(at, Math.min(limit, at + piece));
    served.sent += chunk.length;
    await new Promise((resolve) => response.write(chunk, resolve));
    if (bytesPerSecond !== undefined) await new Promise((resolve) => setTimeout(resolve, 20));
  }
  if (trouble.stallAfter !== undefined) return;
  if (limit < body.length) {
    // What was written has to leave before the connection ends.
    await new Promise((resolve) => setTimeout(resolve, 20));
    response.destroy();
  } else response.end();
}
