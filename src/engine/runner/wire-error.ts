/** Errors as plain data: an AppError arrives as itself, anything else as the bug it is, with its stack. */

import { AppError, type ErrorCode, isAppError } from "../../errors.ts";

export type WireError =
  | {
      readonly code: ErrorCode;
      readonly message: string;
      readonly hint: string | undefined;
      readonly details: Record<string, unknown> | undefined;
    }
  | { readonly code: "BUG"; readonly message: string; readonly stack: string };

/** The error in words that can be sent. */
export function packError(error: unknown): WireError {
  if (isAppError(error)) {
    const { code, message, hint } = error;
    return { code, message, hint, details: sendable(error.details) };
  }
  const { message, stack } = error instanceof Error ? error : new Error(String(error));
  return { code: "BUG", message, stack: stack ?? message };
}

/** What is to be thrown at this end. */
export function unpackError(error: WireError): Error {
  if (error.code !== "BUG") {
    const { code, message, hint, details } = error;
    return new AppError(code, message, { hint, details });
  }
  const bug = new Error(error.message);
  bug.stack = error.stack;
  return bug;
}

/** An error must not be lost because of something in its details that cannot be copied. */
function sendable(details: AppError["details"]): AppError["details"] {
  try {
    return structuredClone(details);
  } catch {
    return undefined;
  }
}
