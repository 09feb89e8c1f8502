/** Which failures of a connection pass by themselves, and how long to wait for that. */

import { setTimeout as sleep } from "node:timers/promises";
import { AppError, isAppError } from "../../errors.ts";
import { throwIfAborted } from "../throw-if-aborted.ts";

export interface RetryPolicy {
  /** Attempts in a row that bring nothing before the pull gives up. */
  readonly attempts: number;
  /** First wait, milliseconds; doubled every time. */
  readonly baseMs: number;
  /** Longest wait of our own, milliseconds. */
  readonly maxMs: number;
  /** Longest wait that a server may ask for by Retry-After, milliseconds. */
  readonly maxAskedMs: number;
}

export const DEFAULT_RETRY: RetryPolicy = { attempts: 8, baseMs: 1_000, maxMs: 60_000, maxAskedMs: 600_000 };

/**
 * For questions before anything is fetched: who waits for a first answer wants to know soon that there is none.
 * @param policy of the transfer
 */
export function askingPolicy(policy: RetryPolicy = DEFAULT_RETRY): RetryPolicy {
  return { ...policy, attempts: Math.min(policy.attempts, 4) };
}

/** A failure that may pass; `afterMs` is what the server asked for, `status` its answer. */
export class PassingError extends Error {
  readonly afterMs: number | undefined;
  readonly status: number | undefined;

  constructor(message: string, { afterMs, status }: { afterMs?: number | undefined; status?: number } = {}) {
    super(message);
    this.afterMs = afterMs;
    this.status = status;
  }
}

/** What one attempt is told, and tells: whether it brought anything, which makes the waits short again. */
export interface Attempt {
  progressed(): void;
}

export interface RetryOptions {
  readonly policy: RetryPolicy;
  /** What is tried, for the message that gives up: "huggingface.co". */
  readonly what: string;
  readonly signal?: AbortSignal | undefined;
  /** Told before each wait. */
  readonly onNote?: ((message: string) => void) | undefined;
}

/**
 * Repeats `work` while it fails in a way that may pass: a cut or stalled connection, no answer, a server that is
 * busy. Any AppError ends it at once.
 * @throws AppError DATA_UNAVAILABLE when the last attempt has failed
 */
export async function withRetries<T>(
  { policy, what, signal, onNote }: RetryOptions,
  work: (attempt: Attempt) => Promise<T>,
): Promise<T> {
  let failures = 0;
  for (;;) {
    throwIfAborted(signal);
    let progressed = false;
    try {
      return await work({ progressed: () => (progressed = true) });
    } catch (error) {
      throwIfAborted(signal);
      if (isAppError(error) || !isPassing(error)) throw error;
      failures = progressed ? 1 : failures + 1;
      const asked = error instanceof PassingError ? error.afterMs : undefined;
      const reason = reasonOf(error);
      if (failures >= policy.attempts || (asked ?? 0) > policy.maxAskedMs)
        throw gaveUp(what, reason, failures, asked, error);
      const wait = asked ?? backOff(policy, failures);
      onNote?.(`${what}: ${reason}; trying again in ${(wait / 1_000).toFixed(1)} s.`);
      await sleep(wait, undefined, { signal }).catch(() => throwIfAborted(signal));
    }
  }
}

/** Exponential, with full jitter in the upper half: many clients that were cut off together do not come back together. */
function backOff({ baseMs, maxMs }: RetryPolicy, failures: number): number {
  const full = Math.min(maxMs, baseMs * 2 ** (failures - 1));
  return full * (0.5 + Math.random() / 2);
}

function gaveUp(
  what: string,
  reason: string,
  failures: number,
  asked: number | undefined,
  cause: unknown,
): AppError {
  const tried =
    asked === undefined ? `after ${failures} attempts` : `it asks to wait ${Math.ceil(asked / 60_000)} min`;
  return new AppError("DATA_UNAVAILABLE", `${what} does not deliver: ${reason} (${tried}).`, {
    hint: "Run the same command again later: it goes on where it was.",
    cause,
  });
}

/** The codes that people meet, in words; Node's own for the rest. */
const REASONS: Readonly<Record<string, string>> = {
  ENOTFOUND: "its name is not found, or there is no network",
  EAI_AGAIN: "its name cannot be looked up, or there is no network",
  ECONNREFUSED: "it takes no connection",
  ECONNRESET: "the connection was cut",
};

function reasonOf(error: unknown): string {
  return REASONS[(error as { code?: string }).code ?? ""] ?? (error as Error).message;
}

/** Codes of Node for connections that were cut, refused or not found. */
const PASSING_CODES = new Set([
  ...["ECONNRESET", "ECONNREFUSED", "ECONNABORTED", "EPIPE", "ETIMEDOUT", "EHOSTUNREACH", "ENETUNREACH"],
  ...["ENETDOWN", "EHOSTDOWN", "EAI_AGAIN", "ENOTFOUND", "ERR_STREAM_PREMATURE_CLOSE", "EPROTO"],
  ...["HPE_INVALID_CONSTANT", "HPE_INVALID_CHUNK_SIZE", "HPE_INVALID_EOF_STATE"],
]);

function isPassing(error: unknown): boolean {
  if (error instanceof PassingError) return true;
  const { code, errors } = error as { code?: string; errors?: unknown[] };
  // Several addresses of one name that all failed come as one AggregateError.
  return PASSING_CODES.has(code ?? "") || (errors ?? []).some(isPassing);
}

/**
 * Milliseconds of a Retry-After header, in seconds or as a date (RFC 9110, 10.2.3); undefined for anything else.
 * @param now milliseconds since 1970
 */
export function retryAfter(header: string | undefined, now: number): number | undefined {
  const text = header?.trim() ?? "";
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1_000;
  const at = /^[A-Z][a-z]{2}, /.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(at) ? undefined : Math.max(0, at - now);
}
