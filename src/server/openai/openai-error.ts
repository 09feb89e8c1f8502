/** Our errors in OpenAI's form, and the headers by which its clients decide whether to try again. */

import { AppError, type ErrorCode, isAppError } from "../../errors.ts";

export interface OpenAIErrorBody {
  readonly error: {
    /** The sentence, and after it what to do next. */
    readonly message: string;
    readonly type: string;
    /** The field or header of the request that is wrong. */
    readonly param: string | null;
    readonly code: string;
    /** Facts for machines: counts, names, positions. */
    readonly details?: Record<string, unknown>;
  };
}

export interface OpenAIError {
  readonly status: number;
  readonly body: OpenAIErrorBody;
  readonly headers: Record<string, string>;
}

/** OpenAI's own word where it has one: LangChain, AutoGen and others look for these. The rest are ours in small letters. */
const OPENAI_CODES: Partial<Record<ErrorCode, string>> = {
  CONTEXT_FULL: "context_length_exceeded",
  MODEL_NOT_FOUND: "model_not_found",
  UNAUTHORISED: "invalid_api_key",
  BUSY: "rate_limit_exceeded",
  USAGE: "invalid_request",
};

const TYPES: Readonly<Record<number, string>> = {
  401: "authentication_error",
  403: "permission_error",
  429: "rate_limit_error",
};

/** A moment later there may be room. An error that knows better says it in details.retryAfterSeconds. */
const RETRY_SECONDS: Partial<Record<ErrorCode, number>> = { BUSY: 1, RUNNER_LOST: 1, OUT_OF_MEMORY: 10 };

/**
 * OpenAI's clients repeat whatever answers 5xx, twice, unless this header says no (shouldRetry() in openai-node's
 * client.ts, _should_retry() in openai-python): these would only cost the same time again.
 */
const NOT_WORTH_REPEATING: ReadonlySet<ErrorCode> = new Set([
  "DEADLINE",
  "MODEL_LOAD",
  "LIBRARY",
  "DISK_FULL",
]);

/**
 * OpenAI's sentence, by which clients that see no more of an error than its text tell this one from others: LangChain
 * then raises its ContextOverflowError (_isOpenAIContextOverflowError() in @langchain/openai's utils/client.ts), upon
 * which agents shorten their conversation.
 */
const OPENAI_SENTENCES: Partial<Record<ErrorCode, string>> = {
  CONTEXT_FULL: "This exceeds the context window.",
};

/** An error of ours as a reply; of any other error nothing is told but that it happened. */
export function openaiError(error: unknown): OpenAIError {
  if (!isAppError(error)) return BUG;
  const { code, message, hint, httpStatus: status } = error;
  const { param, retryAfterSeconds, ...details } = error.details ?? {};
  const retry = typeof retryAfterSeconds === "number" ? Math.ceil(retryAfterSeconds) : RETRY_SECONDS[code];
  return {
    status,
    headers: {
      ...(retry !== undefined && { "retry-after": String(retry) }),
      ...(NOT_WORTH_REPEATING.has(code) && { "x-should-retry": "false" }),
    },
    body: {
      error: {
        message: [message, OPENAI_SENTENCES[code], hint]
          .filter((sentence) => sentence !== undefined)
          .join(" "),
        type: TYPES[status] ?? (status < 500 ? "invalid_request_error" : "server_error"),
        param: typeof param === "string" ? param : null,
        code: OPENAI_CODES[code] ?? code.toLowerCase(),
        ...(Object.keys(details).length > 0 && { details }),
      },
    },
  };
}

const BUG: OpenAIError = {
  status: 500,
  headers: { "x-should-retry": "false" },
  body: {
    error: {
      message: "The server failed on this request. Its log says why, under the reply's x-request-id.",
      type: "server_error",
      param: null,
      code: "internal_error",
    },
  },
};

/** A request that is wrong, with the field that is. */
export function wrongField(param: string, message: string, hint?: string): AppError {
  return new AppError("USAGE", message, { hint, details: { param } });
}

/** A field that is understood and cannot be served. */
export function refusedField(param: string, message: string, hint?: string): AppError {
  return new AppError("UNSUPPORTED", message, { hint, details: { param } });
}
