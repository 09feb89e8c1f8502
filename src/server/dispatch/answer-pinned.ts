/** A request that names its model: it gets this one or an error. */

import { type AttemptParts, type AttemptRequest, startAttempt } from "./attempt.ts";
import type { Dispatched } from "./dispatch.ts";
import { dispatchedOf } from "./dispatched-of.ts";

/** @param model the entry's id */
export async function answerPinned(
  parts: AttemptParts,
  model: string,
  request: AttemptRequest,
): Promise<Dispatched> {
  return dispatchedOf(await startAttempt(parts, model, request), { signal: request.signal });
}
