// One conversation in, one answer out: chat template, tools, JSON, budget, guard; on a LanguageModel that is open.
// Not here: HTTP (server/), which model answers (route/), loading and unloading (fleet/).
// Start at answer-request.ts, then prepare-answer.ts and run-answer.ts.

export type * from "./answer-event.ts";
export type { AnswerForm } from "./answer-form.ts";
export type * from "./answer-request.ts";
export { type PrepareOptions, prepareAnswer } from "./prepare-answer.ts";
export type { PreparedAnswer } from "./prepared-answer.ts";
export {
  GUARD_MODES,
  type GuardMode,
  type GuardReport,
  type PromptFinding,
  type PromptGuard,
} from "./prompt-guard.ts";
export { type RunAnswerOptions, runAnswer } from "./run-answer.ts";
