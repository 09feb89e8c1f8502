/** All of stdin as text, for arguments given as "-". */

import { AppError } from "../errors.ts";

/** A prompt beyond this is no prompt: it would be read whole before the context could refuse it. */
const MOST_BYTES = 16 * 2 ** 20;

/** @throws AppError USAGE when there is too much */
export async function readStdin(): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of process.stdin as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MOST_BYTES) throw new AppError("USAGE", "More than 16 MiB came in on stdin.");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}
