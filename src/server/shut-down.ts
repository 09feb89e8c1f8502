/** The end of a server: no new work, time for what is under way, then the models' processes and the socket. */

import type { Fleet } from "../fleet/index.ts";
import type { TraceTable } from "./frame/request-trace.ts";
import type { Listening } from "./listen.ts";
import type { SessionCache } from "./sessions/session-cache.ts";

export interface ShutDownParts {
  readonly traces: TraceTable;
  readonly fleet: Fleet;
  readonly sessions: SessionCache | undefined;
  readonly listening: Listening;
  /** Milliseconds that answers under way have to end. */
  readonly graceMs: number;
}

/** So long the replies of cancelled requests have to be written. */
const LAST_WORDS_MS = 1_000;

/**
 * Ends everything; the context's `closing` has to be aborted before, so that nothing new begins. The socket stays
 * open meanwhile, for whoever asks whether the server is ready.
 * @returns whether all requests could be answered
 */
export async function shutDown(parts: ShutDownParts): Promise<"finished" | "cancelled"> {
  const { traces, fleet, sessions, listening, graceMs } = parts;
  const finished = await traces.drained(graceMs);
  // A conversation that waits to be written holds its model.
  if (finished) await sessions?.flush();
  await fleet.close({ graceMs: 0 });
  if (!finished) await traces.drained(LAST_WORDS_MS);
  await listening.close();
  return finished ? "finished" : "cancelled";
}
