/** What a server says about one file, asked with a request for its first four bytes. */

import { AppError } from "../../errors.ts";
import type { HttpClient, HttpReply } from "./http-client.ts";
import { assertSuccess } from "./http-status.ts";
import { sha256Of } from "./hub-facts.ts";
import { askingPolicy, type RetryPolicy, withRetries } from "./retry.ts";
import type { SourceFile } from "./source.ts";

export interface FileFacts {
  readonly size: number;
  /** Hex; undefined when nobody knows it before the file is here. */
  readonly sha256: string | undefined;
  /** A strong entity tag of the storage: the same tag, the same bytes. */
  readonly etag: string | undefined;
  /** Whether the server answers requests for ranges. */
  readonly ranges: boolean;
}

export interface FileFactsOptions {
  /** Only this origin's X-Linked headers are believed. */
  readonly hubOrigin: string | undefined;
  /** What the hub's API or the user said before. */
  readonly known: { readonly sizeBytes?: number | undefined; readonly sha256?: string | undefined };
  readonly retry?: RetryPolicy | undefined;
  /** Told before each new attempt. */
  readonly onNote?: ((message: string) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Where the first bytes of every GGUF file say what it is. */
const MAGIC = "GGUF";
export const CONTENT_RANGE = /^bytes (\d{1,16})-(\d{1,16})\/(\d{1,16})$/;

/**
 * Asks for size, hash and tag, and refuses at once what is no GGUF file or another than the one expected.
 * @throws AppError MODEL_INVALID, DATA_UNAVAILABLE; as assertSuccess
 */
export async function fileFacts(
  client: HttpClient,
  { url, fileName, ...catalogue }: SourceFile,
  { hubOrigin, known, retry, signal, onNote }: FileFactsOptions,
): Promise<FileFacts> {
  const headers = { range: `bytes=0-${MAGIC.length - 1}` };
  const { reply, start } = await withRetries(
    { policy: askingPolicy(retry), what: url.host, signal, onNote },
    async () => {
      const answer = await client.open(url, { headers, signal });
      assertSuccess(answer, fileName);
      return { reply: answer, start: await firstBytes(answer) };
    },
  );
  const isHub = url.origin === hubOrigin;
  // A size that the catalogue computed is worth less than a hash that the hub tells.
  const hubDecides = catalogue.sha256 === undefined && known.sha256 !== undefined;
  const sizeToHold = hubDecides ? undefined : catalogue.sizeBytes;
  const size = sizeOf(reply, fileName);
  const linkedSize = isHub ? Number(reply.firstHeaders["x-linked-size"] ?? size) : size;
  const linkedHash = isHub ? sha256Of(unquote(reply.firstHeaders["x-linked-etag"])) : undefined;
  for (const expected of [linkedSize, known.sizeBytes, sizeToHold])
    if (expected !== undefined && expected !== size)
      throw otherFile(fileName, `${expected} bytes`, `${size} bytes`);
  const hashes = [catalogue.sha256, known.sha256, linkedHash].filter((hash) => hash !== undefined);
  for (const hash of hashes) if (hash !== hashes[0]) throw otherFile(fileName, hashes[0]!, hash);
  if (hubDecides && catalogue.sizeBytes !== undefined && catalogue.sizeBytes !== size)
    onNote?.(
      `${fileName} has ${size} bytes and not the catalogue's ${catalogue.sizeBytes}; the hub's hash holds.`,
    );
  if (start !== MAGIC) throw notGguf(fileName, reply);
  const tag = reply.headers.etag;
  // RFC 9110, 8.8.1: a weak tag may stay when bytes change.
  const etag = tag?.startsWith('"') ? tag : undefined;
  return { size, sha256: hashes[0], etag, ranges: reply.status === 206 };
}

async function firstBytes({ body }: HttpReply): Promise<string> {
  let start = Buffer.alloc(0);
  for await (const chunk of body as AsyncIterable<Buffer>) {
    start = Buffer.concat([start, chunk]);
    if (start.length >= MAGIC.length) break;
  }
  return start.subarray(0, MAGIC.length).toString("latin1");
}

function sizeOf({ status, headers, url }: HttpReply, fileName: string): number {
  const [, from, , total] = headers["content-range"]?.match(CONTENT_RANGE) ?? [];
  const size =
    status === 206
      ? from === "0"
        ? Number(total)
        : Number.NaN
      : Number(headers["content-length"] ?? Number.NaN);
  if (Number.isSafeInteger(size) && (headers["content-encoding"] ?? "identity") === "identity") return size;
  throw new AppError("DATA_UNAVAILABLE", `${url.host} does not say how large ${fileName} is.`, {
    hint: "Without its size a file cannot be checked; get it from another address.",
  });
}

const unquote = (tag: string | string[] | undefined) =>
  typeof tag === "string" ? tag.replace(/^W\//, "").replace(/^"|"$/g, "") : undefined;

function otherFile(fileName: string, expected: string, found: string): AppError {
  return new AppError(
    "DATA_UNAVAILABLE",
    `${fileName} is another file than expected: ${found}, not ${expected}.`,
    {
      hint: "It was replaced at its source, or the mirror is not up to date. By hf:owner/repository/file.gguf you get what is there now.",
      details: { expected, found },
    },
  );
}

function notGguf(fileName: string, { headers, url }: HttpReply): AppError {
  const isPage = /^text\/html/i.test(headers["content-type"] ?? "");
  return new AppError(
    "MODEL_INVALID",
    `What ${url.host} sends as ${fileName} is ${isPage ? "a web page" : "no GGUF file"}.`,
    {
      hint: "Give the address of the file itself, not of the page that shows it; some hosts want you to log in first.",
    },
  );
}
