/** All missing ranges of a file, a few at a time. */

import { throwIfAborted } from "../throw-if-aborted.ts";
import { fetchRange, type RangeJob } from "./fetch-range.ts";
import { PassingError, type RetryPolicy, withRetries } from "./retry.ts";

export interface TransferOptions extends Omit<RangeJob, "signal"> {
  /** Connections at a time. */
  readonly connections: number;
  readonly retry: RetryPolicy;
  readonly signal?: AbortSignal | undefined;
  readonly onNote?: ((message: string) => void) | undefined;
}

/**
 * Fetches what is missing. What came is written down also when this ends with an error.
 * @throws as fetchRange and withRetries, with the first failure of any connection
 */
export async function transfer(options: TransferOptions): Promise<void> {
  const { part, connections, signal } = options;
  const missing = part.done.flatMap((bytes, index) => (bytes < rangeLength(part, index) ? [index] : []));
  const failed = new AbortController();
  const both = signal ? AbortSignal.any([signal, failed.signal]) : failed.signal;
  const crew = { active: Math.min(connections, missing.length) };
  const work = async () => {
    try {
      await fetchAll({ ...options, signal: both }, missing, crew);
    } catch (error) {
      // The others stop at once; the first failure is the one to tell.
      failed.abort(error);
      throw error;
    }
  };
  const ends = await Promise.allSettled(Array.from({ length: crew.active }, work));
  const failure = ends.find((end) => end.status === "rejected");
  // On a full disk the note fails too; the one before it holds, and the reason to tell is the first failure's.
  await (failure ? part.save().catch(() => undefined) : part.save());
  throwIfAborted(signal);
  if (failure) throw failed.signal.reason;
  if (part.done.some((bytes, index) => bytes !== rangeLength(part, index)))
    throw new Error("A range was left out.");
}

/** One connection's work: the next missing range, until there is none or the server wants fewer connections. */
async function fetchAll(
  options: TransferOptions & { signal: AbortSignal },
  missing: number[],
  crew: { active: number },
): Promise<void> {
  const { retry, signal, onNote, url } = options;
  for (let index = missing.shift(); index !== undefined; index = missing.shift()) {
    const range = index;
    const stays = await withRetries({ policy: retry, what: url.host, signal, onNote }, async (attempt) => {
      try {
        await fetchRange(options, range, attempt);
        return true;
      } catch (error) {
        if (crew.active === 1 || !wantsFewer(error)) throw error;
        crew.active -= 1;
        missing.unshift(range);
        return false;
      }
    });
    if (!stays) return;
  }
  // Whoever leaves is counted at once: the last one at work must not leave a range to nobody.
  crew.active -= 1;
}

/** Too many requests, or a storage host that answers one connection and refuses the rest. */
function wantsFewer(error: unknown): boolean {
  return error instanceof PassingError && [401, 403, 429].includes(error.status ?? 0);
}

function rangeLength({ size, rangeBytes }: { size: number; rangeBytes: number }, index: number): number {
  return Math.min(rangeBytes, size - index * rangeBytes);
}
