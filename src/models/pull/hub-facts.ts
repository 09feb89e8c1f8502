/**
 * What the hub says about files before they are pulled. @huggingface/hub knows the routes; requests go through
 * our own client, which judges redirects. The package is loaded when something is pulled, not before.
 */

import { AppError } from "../../errors.ts";
import { visibleToken } from "../../visible-token.ts";
import type { HttpClient } from "./http-client.ts";
import { assertSuccess } from "./http-status.ts";
import { askingPolicy, type RetryPolicy, withRetries } from "./retry.ts";
import type { HubPlace } from "./source.ts";

/** Lists of files are small; a server that sends more is not a hub. */
const MAX_ANSWER = 8 * 2 ** 20;
/** Files of one repository that are looked at. */
const MAX_LISTED = 5_000;

/** What the hub knows of a file. */
export interface HubFact {
  readonly sizeBytes: number;
  /** Hex; undefined for a small file outside of LFS. */
  readonly sha256: string | undefined;
}

export interface HubFactsOptions {
  readonly retry?: RetryPolicy | undefined;
  /** Told before each new attempt. */
  readonly onNote?: ((message: string) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Size and SHA-256 of each path, in order, from POST /api/models/{repo}/paths-info/{revision}; undefined where
 * the server has no such route (a plain mirror): the file's own address then says its size.
 * @throws AppError MODEL_NOT_FOUND when the repository has not all of them; as assertSuccess
 */
export async function hubFacts(
  client: HttpClient,
  place: HubPlace,
  options: HubFactsOptions = {},
): Promise<HubFact[] | undefined> {
  const { pathsInfo } = await import("@huggingface/hub");
  const { endpoint: hubUrl, repo, revision, paths } = place;
  const infos = await ask(client, place, options, (fetch) =>
    pathsInfo({ repo, revision, paths: [...paths], hubUrl, fetch }),
  );
  if (infos === undefined) return undefined;
  return paths.map((path) => {
    const info = infos.find((it) => it?.path === path && it.type === "file");
    if (!info) throw missing(place, path);
    const sizeBytes = info.lfs?.size ?? info.size;
    if (!Number.isSafeInteger(sizeBytes) || sizeBytes < 0) throw malformed(place);
    return { sizeBytes, sha256: sha256Of(info.lfs?.oid) };
  });
}

/** Names of the GGUF files of a repository, from GET /api/models/{repo}/tree/{revision}. @throws as hubFacts */
export async function listGguf(
  client: HttpClient,
  place: HubPlace,
  options: HubFactsOptions = {},
): Promise<string[]> {
  const { listFiles } = await import("@huggingface/hub");
  const { endpoint: hubUrl, repo, revision } = place;
  const names = await ask(client, place, options, async (fetch) => {
    const found: string[] = [];
    let seen = 0;
    for await (const entry of listFiles({ repo, revision, recursive: true, hubUrl, fetch })) {
      if (entry.type === "file" && /\.gguf$/i.test(entry.path)) found.push(entry.path);
      if (++seen === MAX_LISTED) break;
    }
    return found;
  });
  return names ?? [];
}

/** A SHA-256 in hex as LFS writes it, else undefined. */
export function sha256Of(text: unknown): string | undefined {
  return typeof text === "string" && /^[0-9a-f]{64}$/i.test(text) ? text.toLowerCase() : undefined;
}

async function ask<T>(
  client: HttpClient,
  place: HubPlace,
  { retry, signal, onNote }: HubFactsOptions,
  call: (fetch: typeof globalThis.fetch) => Promise<T>,
): Promise<T | undefined> {
  let noRoute = false;
  const what = `hf:${place.repo}`;
  const fetch = async (input: unknown, init: RequestInit = {}) => {
    const headers = Object.fromEntries(new Headers(init.headers).entries());
    const body = typeof init.body === "string" ? { body: init.body } : {};
    const method = init.method === "POST" ? "POST" : "GET";
    const reply = await client.open(new URL(String(input)), { method, headers, ...body, signal });
    // The hub names what is missing; a server that does not is a mirror of files alone.
    noRoute = [404, 405, 501].includes(reply.status) && reply.headers["x-error-code"] === undefined;
    assertSuccess(reply, what);
    const link = reply.headers.link;
    return new Response(await readText(reply.body, place), {
      headers: typeof link === "string" ? { link } : {},
    });
  };
  try {
    return await withRetries(
      { policy: askingPolicy(retry), what: new URL(place.endpoint).host, signal, onNote },
      () => call(fetch as typeof globalThis.fetch),
    );
  } catch (error) {
    if (noRoute) return undefined;
    // What the package makes of an answer that is no JSON, or not of the form it expects.
    if (error instanceof SyntaxError || error instanceof TypeError || isMalformed(error))
      throw malformed(place, error);
    throw error;
  }
}

const isMalformed = (error: unknown) => error instanceof Error && /^malformed response/.test(error.message);

async function readText(body: AsyncIterable<Buffer>, place: HubPlace): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of body) {
    length += chunk.length;
    if (length > MAX_ANSWER) throw malformed(place);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function missing({ repo, revision }: HubPlace, path: string): AppError {
  return new AppError(
    "MODEL_NOT_FOUND",
    `The repository ${repo} has no file ${visibleToken(path)} (revision ${visibleToken(revision)}).`,
    { hint: `\`assay models pull hf:${repo}\` lists its GGUF files.` },
  );
}

function malformed({ endpoint }: HubPlace, cause?: unknown): AppError {
  return new AppError("DATA_UNAVAILABLE", `${endpoint} does not answer as a Hugging Face hub does.`, {
    hint: "Check the setting hubEndpoint (HF_ENDPOINT).",
    cause,
  });
}
