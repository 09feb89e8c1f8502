/** What every route may use; the command line puts it together. */

import type { GuardMode } from "../answer/index.ts";
import type { Fleet } from "../fleet/index.ts";
import type { Logger } from "../logger.ts";
import type { Store } from "../store/index.ts";
import type { Dispatch } from "./dispatch/dispatch.ts";
import type { ServerMetrics } from "./metrics/server-metrics.ts";

export interface ServerContext {
  readonly dispatch: Dispatch;
  readonly fleet: Fleet;
  readonly store: Store;
  /** The frame observes every request, and the answers that dispatch gave under its id; routes need not. */
  readonly metrics: ServerMetrics;
  readonly logger: Logger;
  /** The server's own mode, which a request may change. */
  readonly guard: GuardMode;
  readonly version: string;
  /** Aborted when the server shuts down: no new work, /ready says so. */
  readonly closing: AbortSignal;
}
