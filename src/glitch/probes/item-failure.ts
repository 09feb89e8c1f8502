/** Which failures are about one item, and so a row with its error, rather than the end of a run. */

import { isAppError } from "../../errors.ts";

/** True for expected failures other than being stopped; a bug or an abort is never an item's. */
export function isItemFailure(error: unknown): error is Error {
  return isAppError(error) && error.code !== "CANCELLED";
}
