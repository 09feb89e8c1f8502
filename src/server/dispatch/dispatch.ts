/** From a request that names a model, or "auto", to a stream of events; the protocols know nothing beyond this. */

import type { AnswerEvent, AnswerRequest, GuardMode, GuardReport } from "../../answer/index.ts";
import type { LanguageModel } from "../../engine/index.ts";
import type { ServedModel, Tier } from "../../fleet/index.ts";
import type { RouteDecision } from "../../route/index.ts";

export interface DispatchRequest {
  /** For logs and the route log; the reply's x-request-id. */
  readonly id: string;
  /** As it was asked for: an id, an alias or "auto". */
  readonly model: string;
  /** Its `signal` ends the work; its `client` is who asks. */
  readonly answer: AnswerRequest;
  /** @default the server's */
  readonly guard?: GuardMode | undefined;
  readonly tier?: Tier | undefined;
  /** Milliseconds from now on. */
  readonly deadline?: number | undefined;
  /** Name of a conversation whose cache is kept on disk. */
  readonly session?: string | undefined;
}

/** What is known before the first event; a request that is refused throws before. */
export interface Dispatched {
  readonly served: ServedModel;
  /** Only for reading beside the answer: the prompt's own distributions, ids to text. */
  readonly model: LanguageModel;
  readonly promptIds: readonly number[];
  /**
   * Ends that reading too: aborted when the caller leaves or his time is over, with the error to tell for a reason.
   */
  readonly signal: AbortSignal;
  /** What was changed in the messages, one sentence each. */
  readonly rewrites: readonly string[];
  readonly guard: GuardReport;
  /** Present for "auto" and where the guard moved the request. */
  readonly decision: RouteDecision | undefined;
  /** Models that were tried before and given up, with the reason; nothing of theirs is in the events. */
  readonly escalations: readonly { readonly model: string; readonly reason: string }[];
  /**
   * To be read to its end, or left: the model is given back then.
   * @throws OUTPUT_INVALID, DEADLINE, RUNNER_LOST, CANCELLED after the events that were certain
   */
  readonly events: AsyncIterable<AnswerEvent>;
}

/** @throws MODEL_NOT_FOUND, CONTEXT_FULL, UNSUPPORTED, USAGE, GUARD_REFUSED, BUSY, OUT_OF_MEMORY, DEADLINE … */
export type Dispatch = (request: DispatchRequest) => Promise<Dispatched>;
