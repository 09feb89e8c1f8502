// Which model answers a request: gates, features, load, escalation; the log of decisions and its replay.
// Not here: loading what was chosen (fleet/), answering (answer/), headers and HTTP (server/).
// Start at route-decision.ts, then create-router.ts.

export { type Calibration, calibratePolicy } from "./calibrate-policy.ts";
export { createRouter, type RouterOptions } from "./create-router.ts";
export { type RouteInput, routeFeatures } from "./features/route-features.ts";
export { GATES, type Gate } from "./gates.ts";
export { fitRow, heldOutScores } from "./held-out-scores.ts";
export { type ReadRouteLog, readRouteLog } from "./log/read-route-log.ts";
export {
  openRouteLog,
  type RouteLog,
  type RouteLogOptions,
  type RouteRecord,
  routeLogPath,
} from "./log/route-log.ts";
export type { RouteLogEntry, RouteOutcome } from "./log/route-log-entry.ts";
export { BUILT_IN_POLICIES, DEFAULT_POLICY } from "./policy/built-in-policies.ts";
export { findPolicy, parsePolicy } from "./policy/read-policy.ts";
export type { RouteFeatureName, RoutePolicy, RouteWeights } from "./policy/route-policy.ts";
export {
  changedDecisions,
  knownOutcomes,
  type ReplayedDecision,
  type ReplayOutcomes,
  type ReplaySide,
  replayLog,
  replaySide,
} from "./replay-log.ts";
export type * from "./route-decision.ts";
export { type Contribution, contributions, scoreOf } from "./score.ts";
