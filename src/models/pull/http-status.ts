/** Statuses of a server as errors: what may pass, and what to do about what does not. */

import { AppError } from "../../errors.ts";
import { discard, type HttpReply } from "./http-client.ts";
import { PassingError, retryAfter } from "./retry.ts";

const BUSY = new Set([408, 425, 429, 500, 502, 503, 504]);

/**
 * Lets a reply with status 2xx through; the body of any other is let go.
 * @param what the file as the user named it
 * @throws PassingError for a busy server; AppError MODEL_NOT_FOUND for 404 and 410, DATA_UNAVAILABLE for the rest
 */
export function assertSuccess(reply: HttpReply, what: string): void {
  const { status, headers, url, firstHeaders } = reply;
  if (status >= 200 && status < 300) return;
  discard(reply.body);
  const answer = `${url.host} answers ${status}`;
  if (BUSY.has(status)) {
    const afterMs = retryAfter(headers["retry-after"], Date.now());
    throw new PassingError(answer, { afterMs, status });
  }
  // Signed URLs of a storage host run out (and some hosts allow few connections): a new redirect brings a new one.
  if (reply.redirected && (status === 401 || status === 403)) throw new PassingError(answer, { status });
  const reason = errorCode(firstHeaders["x-error-code"]);
  if (status === 404 || status === 410) throw notFound(what, answer, reason);
  if (status === 401 || status === 403) throw denied(what, url, answer, reason);
  throw new AppError("DATA_UNAVAILABLE", `${what} cannot be had: ${answer}.`, {
    hint: "Check the URL in a browser.",
    details: { status },
  });
}

/** The hub's own word for a refusal (huggingface_hub, utils/_http.py): RepoNotFound, GatedRepo, EntryNotFound. */
function errorCode(header: string | string[] | undefined): string | undefined {
  return typeof header === "string" && /^\w{1,40}$/.test(header) ? header : undefined;
}

function notFound(what: string, answer: string, reason: string | undefined): AppError {
  const missing =
    reason === "EntryNotFound"
      ? "The repository has no such file"
      : reason === "RevisionNotFound"
        ? "The repository has no such revision"
        : "There is no such file";
  return new AppError("MODEL_NOT_FOUND", `${missing}: ${what} (${answer}).`, {
    hint: "Look at the repository's list of files for the exact name; upper and lower case count.",
    details: { status: 404, ...(reason && { reason }) },
  });
}

// The hub answers 401 also for repositories that are not there, so that private ones cannot be guessed.
function denied(what: string, url: URL, answer: string, reason: string | undefined): AppError {
  const gated = reason === "GatedRepo";
  return new AppError(
    "DATA_UNAVAILABLE",
    `${what} is not open to you (${answer}${reason ? `, ${reason}` : ""}).`,
    {
      hint: gated
        ? `Accept the licence on the repository's page at ${url.host}, then set HF_TOKEN to a token of that account.`
        : "Check the name for slips. For a gated repository accept its licence on its page; for that or a private one set HF_TOKEN to a token of your account.",
      details: { ...(reason && { reason }) },
    },
  );
}
