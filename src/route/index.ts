// Which model answers a request: gates, features, load, escalation; the log of decisions and its replay.
// Not here: loading what was chosen (fleet/), answering (answer/), headers and HTTP (server/).
// Start at route-decision.ts, then create-router.ts.

export { createRouter, type RouterOptions } from "./create-router.ts";
export { type RouteInput, routeFeatures } from "./features/route-features.ts";
export { BUILT_IN_POLICIES, DEFAULT_POLICY } from "./policy/built-in-policies.ts";
export { findPolicy, parsePolicy } from "./policy/read-policy.ts";
export type { RouteFeatureName, RoutePolicy, RouteWeights } from "./policy/route-policy.ts";
export type * from "./route-decision.ts";
