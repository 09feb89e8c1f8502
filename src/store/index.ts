// One SQLite file: runs, their pages of evidence, events, requests and final documents.
// Not here: what the evidence means (glitch/), where the file lies (config.ts), how it is shown (report/, cli/).
// Start at run-record.ts, the interface; open-store.ts implements it.
export { openStore, type StoreOptions } from "./open-store.ts";
export type * from "./run-record.ts";
