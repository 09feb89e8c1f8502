/** One model and one request, ready to run: leased, guarded, its session restored, everything checked. */

import {
  type AnswerEvent,
  type AnswerRequest,
  type GuardMode,
  type PreparedAnswer,
  prepareAnswer,
  runAnswer,
} from "../../answer/index.ts";
import { isAppError } from "../../errors.ts";
import type { Fleet, Lease } from "../../fleet/index.ts";
import type { FindGuard } from "../guards/stored-guards.ts";
import type { SessionCache, SessionKey } from "../sessions/session-cache.ts";

export interface AttemptParts {
  readonly fleet: Fleet;
  readonly findGuard: FindGuard;
  readonly sessions: SessionCache | undefined;
}

export interface AttemptRequest {
  readonly answer: AnswerRequest;
  readonly guard: GuardMode;
  readonly session: SessionKey | undefined;
  readonly signal: AbortSignal;
}

export interface Attempt {
  readonly lease: Lease;
  readonly prepared: PreparedAnswer;
  /** Runs it, once. Give the attempt back afterwards. */
  run(): AsyncIterable<AnswerEvent>;
  /** Gives the model back, after its session is kept if there is one. Safe to call twice. */
  giveBack(): void;
}

/** @throws what leasing, the guard and preparing throw; nothing is held then */
export async function startAttempt(
  parts: AttemptParts,
  model: string,
  request: AttemptRequest,
): Promise<Attempt> {
  try {
    return await tryOnce(parts, model, request);
  } catch (error) {
    // The process ended between two requests, before the fleet had seen it: nothing of this one was lost yet.
    if (!isAppError(error) || error.code !== "RUNNER_LOST" || request.signal.aborted) throw error;
    return tryOnce(parts, model, request);
  }
}

async function tryOnce(
  { fleet, findGuard, sessions }: AttemptParts,
  model: string,
  { answer, guard: mode, session, signal }: AttemptRequest,
): Promise<Attempt> {
  const lease = await fleet.lease(model, { signal });
  try {
    const guard = mode === "off" ? undefined : await findGuard(lease.model);
    const prepared = await prepareAnswer(lease.model, { ...answer, signal }, { guard, mode });
    if (session !== undefined) await sessions?.restore(lease.model, session);
    return held(lease, prepared, { signal, session, sessions });
  } catch (error) {
    lease.release();
    throw error;
  }
}

function held(
  lease: Lease,
  prepared: PreparedAnswer,
  { signal, session, sessions }: Pick<AttemptRequest, "signal" | "session"> & Pick<AttemptParts, "sessions">,
): Attempt {
  /** The whole conversation, once its only answer has ended. */
  let conversation: readonly number[] | undefined;
  let given = false;
  async function* run(): AsyncGenerator<AnswerEvent> {
    for await (const event of runAnswer(lease.model, prepared, { signal })) {
      if (event.type === "end") {
        const { usage, timings, ids } = event;
        if (timings !== undefined) lease.observe({ ...usage, timings });
        if ((prepared.generate.n ?? 1) === 1) conversation = [...prepared.generate.prompt, ...ids];
      }
      yield event;
    }
  }
  return {
    lease,
    prepared,
    run,
    giveBack() {
      if (given) return;
      given = true;
      if (session === undefined || sessions === undefined || conversation === undefined) lease.release();
      else sessions.keep(lease.model, session, conversation, lease.release);
    },
  };
}
