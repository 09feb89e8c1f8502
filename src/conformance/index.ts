// A client that checks any OpenAI-compatible server against what the libraries of agents rely on.
// Not here: our own server (server/), running the check from a terminal (cli/conformance/).
// Start at wire-rule.ts (the words), then rules.ts and run-rules.ts; session.ts is how a request is sent.

export { type CheckEntryOptions, checkEntry, type EntryReply, type ListEntry } from "./check-entry.ts";
export { type ListedModel, readModelsList } from "./models-list.ts";
export { WIRE_RULES } from "./rules.ts";
export { runRules, selectRules } from "./run-rules.ts";
export { type ConformanceSession, openSession, type SessionOptions } from "./session.ts";
export { readTarget, type ServerTarget } from "./target.ts";
export {
  CLIENT_FAMILIES,
  type ClientFamily,
  RULE_STATUSES,
  type RuleFinding,
  type RuleRow,
  type RuleStatus,
  type WireRule,
} from "./wire-rule.ts";
