/**
 * The one error class of the project and the table that gives each code its exit status and HTTP status.
 * Anything thrown that is not an AppError is a bug: the command line shows its stack and exits 70.
 */

interface CodeFacts {
  /** Exit status of the command line. */
  readonly exit: number;
  /** Status of an HTTP reply. */
  readonly http: number;
  /** One sentence for docs/errors.md. */
  readonly means: string;
}

export const ERROR_CODES = {
  USAGE: { exit: 2, http: 400, means: "A flag, argument or request field is wrong." },
  CONFIG: { exit: 2, http: 500, means: "The configuration file or environment is wrong." },
  MODEL_NOT_FOUND: { exit: 3, http: 404, means: "No model has that name or path." },
  MODEL_INVALID: { exit: 3, http: 422, means: "The model's file is truncated, damaged or not a model." },
  MODEL_LOAD: { exit: 3, http: 500, means: "llama.cpp could not load the model." },
  LIBRARY: { exit: 3, http: 500, means: "The llama.cpp library is missing or not the pinned version." },
  OUT_OF_MEMORY: { exit: 3, http: 503, means: "The model or its cache does not fit in memory." },
  CONTEXT_FULL: { exit: 1, http: 400, means: "The prompt and the answer do not fit in the context." },
  RUN_NOT_FOUND: { exit: 2, http: 404, means: "The store has no such run." },
  RUN_LOCKED: { exit: 1, http: 409, means: "Another process is writing to the run." },
  RUN_MISMATCH: {
    exit: 2,
    http: 409,
    means: "A run can only go on with the model and settings it began with.",
  },
  STORE: { exit: 1, http: 500, means: "The store could not be read or written." },
  DISK_FULL: { exit: 1, http: 507, means: "The disk has no room left." },
  DATA_UNAVAILABLE: { exit: 1, http: 422, means: "Input data is missing, unreadable or malformed." },
  FINDINGS: { exit: 4, http: 200, means: "The run found more than --fail-on allows." },
  UNSUPPORTED: { exit: 2, http: 400, means: "What was asked for cannot be done here." },
  BUSY: { exit: 1, http: 429, means: "The queue is full." },
  DEADLINE: { exit: 1, http: 504, means: "The answer was not ready within the time that the request gave." },
  CLOSING: { exit: 1, http: 503, means: "The server is shutting down and takes no new work." },
  RUNNER_LOST: {
    exit: 3,
    http: 503,
    means: "The process that ran the model ended; the next request starts it again.",
  },
  OUTPUT_INVALID: {
    exit: 1,
    http: 422,
    means: "The model's answer is cut off, or is not of the form that was asked for.",
  },
  GUARD_REFUSED: { exit: 4, http: 400, means: "The guard found glitch tokens and was told to refuse them." },
  UNAUTHORISED: { exit: 2, http: 401, means: "The request has no key, or a wrong one." },
  FORBIDDEN: {
    exit: 2,
    http: 403,
    means: "The request comes from a page or for a host that is not allowed.",
  },
  NOT_FOUND: { exit: 2, http: 404, means: "The server has no such address." },
  METHOD_NOT_ALLOWED: { exit: 2, http: 405, means: "The address does not take this method." },
  MEDIA_TYPE: { exit: 2, http: 415, means: "The request's body is not JSON by its headers." },
  TOO_LARGE: { exit: 2, http: 413, means: "The request is larger than the server takes." },
  CANCELLED: { exit: 130, http: 499, means: "The work was stopped; runs can be resumed." },
} as const satisfies Record<string, CodeFacts>;

export type ErrorCode = keyof typeof ERROR_CODES;

interface AppErrorOptions {
  /** What the reader should do next, one sentence. */
  hint?: string | undefined;
  /** Machine-readable facts: counts, names, offsets. */
  details?: Record<string, unknown> | undefined;
  cause?: unknown;
}

// instanceof fails when two copies of the package are loaded, a registered symbol does not.
const MARKER = Symbol.for("assay.AppError");

/** An expected failure with a code, a one-line message and a hint; never shown with a stack. */
export class AppError extends Error {
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  readonly details: Record<string, unknown> | undefined;
  readonly [MARKER] = true;

  constructor(code: ErrorCode, message: string, options: AppErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "AppError";
    this.code = code;
    this.hint = options.hint;
    this.details = options.details;
  }

  get exitStatus(): number {
    return ERROR_CODES[this.code].exit;
  }

  get httpStatus(): number {
    return ERROR_CODES[this.code].http;
  }
}

export function isAppError(value: unknown): value is AppError {
  return typeof value === "object" && value !== null && (value as { [MARKER]?: true })[MARKER] === true;
}
