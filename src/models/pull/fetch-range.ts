/** One range of a file, from the server into the part: only the bytes that were asked for, where they belong. */

import { AppError } from "../../errors.ts";
import { CONTENT_RANGE, type FileFacts } from "./file-facts.ts";
import { discard, type HttpClient, type HttpReply } from "./http-client.ts";
import { assertSuccess } from "./http-status.ts";
import type { PartFile } from "./part-file.ts";
import { type Attempt, PassingError } from "./retry.ts";

export interface RangeJob {
  readonly client: HttpClient;
  readonly url: URL;
  readonly fileName: string;
  readonly facts: FileFacts;
  readonly part: PartFile;
  readonly signal: AbortSignal;
  /** Told of every piece: bytes that came, negative when they have to be fetched again. */
  readonly onBytes: (bytes: number) => void;
}

/** Less than this is no progress: a server that sends a byte and hangs up would be asked for ever. */
const WORTHWHILE_BYTES = 64 * 2 ** 10;

/**
 * Fetches what is missing of a range.
 * @throws PassingError and the system's errors when the connection ends early; AppError DATA_UNAVAILABLE for bytes
 *   that were not asked for, and when the file changed at the server
 */
export async function fetchRange(job: RangeJob, index: number, attempt: Attempt): Promise<void> {
  const { client, url, facts, part, signal, fileName } = job;
  const end = Math.min(part.size, (index + 1) * part.rangeBytes);
  if (!facts.ranges) beginAgain(job);
  while (part.done[index]! < end - index * part.rangeBytes) {
    const start = index * part.rangeBytes + part.done[index]!;
    const reply = await client.open(url, { headers: rangeHeaders(facts, start, end), signal });
    assertSuccess(reply, fileName);
    const until = facts.ranges
      ? rangeEnd(reply, fileName, part.size, start, end)
      : wholeEnd(reply, fileName, part.size);
    await receive(job, reply, index, start, until, attempt);
  }
  attempt.progressed();
}

/** Without ranges every connection starts at the first byte. */
function beginAgain({ part, onBytes }: RangeJob): void {
  onBytes(-part.done[0]!);
  part.done[0] = 0;
}

function rangeHeaders(
  { ranges, sha256, etag }: FileFacts,
  start: number,
  end: number,
): Record<string, string> {
  if (!ranges) return {};
  const range = { range: `bytes=${start}-${end - 1}` };
  // With a hash the bytes are known whatever tags say; storage hosts behind one redirect may differ in theirs.
  return sha256 === undefined && etag !== undefined ? { ...range, "if-range": etag } : range;
}

/** End of the bytes that the reply promises; a server may send fewer than were asked for. */
function rangeEnd(reply: HttpReply, fileName: string, size: number, start: number, end: number): number {
  const { status, headers } = reply;
  if (status === 200) throw stop(reply, `${fileName} changed at the server while it was pulled`);
  const [, from, last, total] = headers["content-range"]?.match(CONTENT_RANGE) ?? [];
  const until = Number(last) + 1;
  const length = headers["content-length"];
  if (status !== 206 || Number(from) !== start || !(until > start && until <= end) || !isPlain(reply))
    throw stop(reply, `${reply.url.host} sends other bytes of ${fileName} than asked for`);
  if (Number(total) !== size)
    throw stop(reply, `${fileName} changed its size at the server while it was pulled`);
  if (length !== undefined && Number(length) !== until - start)
    throw stop(reply, `${reply.url.host} contradicts itself about ${fileName}`);
  return until;
}

function wholeEnd(reply: HttpReply, fileName: string, size: number): number {
  const length = Number(reply.headers["content-length"] ?? size);
  if (reply.status !== 200 || length !== size || !isPlain(reply))
    throw stop(reply, `${fileName} changed its size at the server while it was pulled`);
  return size;
}

const isPlain = ({ headers }: HttpReply) => (headers["content-encoding"] ?? "identity") === "identity";

async function receive(
  { part, fileName, onBytes }: RangeJob,
  reply: HttpReply,
  index: number,
  start: number,
  end: number,
  attempt: Attempt,
): Promise<void> {
  let at = start;
  for await (const chunk of reply.body as AsyncIterable<Buffer>) {
    if (at + chunk.length > end)
      throw stop(reply, `${reply.url.host} sends more bytes of ${fileName} than it said`);
    await part.write(chunk, at);
    at += chunk.length;
    part.done[index]! += chunk.length;
    onBytes(chunk.length);
    if (at - start >= WORTHWHILE_BYTES) attempt.progressed();
  }
  if (at < end) throw new PassingError("the connection ended early");
}

function stop(reply: HttpReply, what: string): AppError {
  discard(reply.body);
  return new AppError("DATA_UNAVAILABLE", `${what}.`, {
    hint: "Run the same command again; if it says the same, get the file from another address.",
  });
}
