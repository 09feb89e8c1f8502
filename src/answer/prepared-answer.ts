/** A request made ready for one model: everything that can be wrong with it has been found before it costs time. */

import type { GenerateRequest } from "../engine/index.ts";
import type { AnswerForm } from "./answer-form.ts";
import type { AnswerRequest } from "./answer-request.ts";
import type { GuardReport } from "./prompt-guard.ts";

export interface PreparedAnswer {
  readonly request: AnswerRequest;
  /** What the engine is given: ids, grammar, budget. */
  readonly generate: GenerateRequest;
  /** What the answer has to look like, and how that is checked. */
  readonly form: AnswerForm;
  /** What was changed in the messages to fit the model's template, one sentence each. */
  readonly rewrites: readonly string[];
  readonly guard: GuardReport;
}
