// The OpenAI-compatible server: protocols in, answers out, and what an operator needs to see.
// Not here: how an answer is made (answer/), which models there are (fleet/), which one answers (route/).
// Start at server-context.ts, then create-app.ts; dispatch/ is the way from a request to a stream of events.

export { type AppOptions, createApp, type ServerApp } from "./create-app.ts";
export { AUTO, createDispatch, type DispatchParts } from "./dispatch/create-dispatch.ts";
export type { Dispatch, Dispatched, DispatchRequest } from "./dispatch/dispatch.ts";
export { digestKeys, type KeyDigests } from "./frame/api-keys.ts";
export { isLoopback } from "./frame/host-check.ts";
export { parseOrigin } from "./frame/origin-check.ts";
export { createStoredGuards, type FindGuard } from "./guards/stored-guards.ts";
export { type ConnectionLimits, type Listening, type ListenOptions, listen } from "./listen.ts";
export { createMetrics, type MetricsOptions } from "./metrics/create-metrics.ts";
export type { GpuMemory } from "./metrics/fleet-metrics.ts";
export type { RequestOutcome, ServerMetrics } from "./metrics/server-metrics.ts";
export type { ServerContext } from "./server-context.ts";
export {
  createSessionCache,
  type SessionCache,
  type SessionKey,
  sessionPath,
} from "./sessions/session-cache.ts";
export { type ShutDownParts, shutDown } from "./shut-down.ts";
