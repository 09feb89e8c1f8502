// Which model answers a request: gates, features, load, escalation; the log of decisions and its replay.
// Not here: loading what was chosen (fleet/), answering (answer/), headers and HTTP (server/).
// Start at route-decision.ts, then create-router.ts.

export type * from "./route-decision.ts";
