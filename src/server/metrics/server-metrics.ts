/** What is counted: written by the requests, read by /metrics and by the page. */

import type { AnswerUsage, GuardReport } from "../../answer/index.ts";

/** One answer, or one refusal, when it is over. */
export interface RequestOutcome {
  /** "/v1/chat/completions" … */
  readonly route: string;
  /** The id of the model that answered; undefined: none was reached. */
  readonly model: string | undefined;
  readonly status: number;
  /** Error code, "none" for success, "disconnected" where the client left. */
  readonly error: string;
  readonly usage: AnswerUsage | undefined;
  readonly guard: GuardReport | undefined;
  /** Why this model, where that was not the caller's choice, and which were tried before. */
  readonly routing: { readonly reason: string; readonly escalatedFrom: readonly string[] } | undefined;
  /** Milliseconds: to the first piece of the answer, and in all. */
  readonly firstTokenMs: number | undefined;
  readonly totalMs: number;
}

export interface ServerMetrics {
  observe(outcome: RequestOutcome): void;
  /** A model's process was started, or could not be. */
  observeLoad(load: { readonly model: string; readonly seconds: number; readonly ok: boolean }): void;
  /** Text in Prometheus' format. */
  expose(): Promise<string>;
  /** Ends the sampling of memory. */
  close(): void;
}
