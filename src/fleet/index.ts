// Several models served at once: ids and aliases, loaded on demand within a memory budget, each in its own process.
// Not here: the process itself (engine/runner), what a request asks (answer/), which model it should go to (route/).
// Start at fleet.ts, the interface; create-fleet.ts implements it over slot.ts and serve-waiting.ts.

export { AUTO, checkEntries } from "./check-entries.ts";
export { createFleet } from "./create-fleet.ts";
export type * from "./fleet.ts";
export type { FleetClock, FleetOptions, LoadPlan, OpenOptions } from "./fleet-settings.ts";
export { type ModelRunnerOptions, modelRunners } from "./model-runners.ts";
export { type PlanOptions, planLoad } from "./plan-load.ts";
export { unknownModel } from "./unknown-model.ts";
