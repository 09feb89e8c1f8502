// Several models served at once: ids and aliases, loaded on demand within a memory budget, each in its own process.
// Not here: the process itself (engine/runner), what a request asks (answer/), which model it should go to (route/).
// Start at fleet.ts, the interface; create-fleet.ts implements it.

export type * from "./fleet.ts";
