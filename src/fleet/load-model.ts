/** unloaded or failed -> loading -> ready, or failed; and ready -> unloaded when a process ends by itself. */

import type { Runner, RunnerEnd } from "../engine/index.ts";
import { AppError, isAppError } from "../errors.ts";
import { noteCrash } from "./back-off.ts";
import { findRoom } from "./memory-ledger.ts";
import type { FleetState, LoadedProcess, Slot } from "./slot.ts";
import { armIdle } from "./unload-model.ts";

/** A file that could not be loaded is not tried again before. */
const RETRY_MS = 3_000;

/**
 * Starts to load a model for which there is room. The load goes on when nobody waits any more: who asked and left
 * because it took too long finds it loaded at the next try.
 */
export function beginLoad(state: FleetState, slot: Slot): void {
  const { settings } = state;
  const stop = new AbortController();
  slot.state = "loading";
  slot.stopLoad = stop;
  slot.loadStartedAt = settings.clock.now();
  slot.work = load(state, slot, stop.signal).then(() => state.changed());
}

async function load(state: FleetState, slot: Slot, signal: AbortSignal): Promise<void> {
  const { settings } = state;
  const { clock, logger } = settings;
  try {
    if (slot.plan.usesGpu && !(await planAgain(state, slot))) return;
    const runner = await settings.open(slot.entry, { plan: slot.plan, signal });
    slot.loadMs = clock.now() - slot.loadStartedAt;
    slot.refusal = undefined;
    slot.error = undefined;
    keep(state, slot, runner);
    logger.info(`${slot.entry.id} is loaded.`, { ms: slot.loadMs, pid: runner.pid });
  } catch (error) {
    slot.state = signal.aborted ? "unloaded" : "failed";
    if (!signal.aborted) fail(state, slot, error);
  } finally {
    // What is loaded is ended by closing it.
    slot.stopLoad = undefined;
  }
}

/** What is free on a GPU changes with what is loaded; false: there is no room any more. */
async function planAgain(state: FleetState, slot: Slot): Promise<boolean> {
  slot.plan = await state.settings.plan(slot.entry);
  if (findRoom(state, slot).kind === "free") return true;
  slot.state = "unloaded";
  return false;
}

function keep(state: FleetState, slot: Slot, runner: Runner): void {
  const now = state.settings.clock.now();
  const process: LoadedProcess = { runner, leases: 0, loadedAt: now, idleSince: now };
  slot.process = process;
  slot.state = "ready";
  armIdle(state, slot);
  void runner.ended.then((end) => noteEnd(state, slot, process, end));
}

function fail({ settings: { clock, logger } }: FleetState, slot: Slot, error: unknown): void {
  const reason = error instanceof Error ? error.message : String(error);
  slot.error = reason;
  slot.refusal = {
    until: clock.now() + RETRY_MS,
    error: isAppError(error) ? error : unexpected(slot, error),
  };
  logger.warn(`${slot.entry.id} could not be loaded: ${reason}`);
  const waiting = slot.waiting;
  slot.waiting = [];
  for (const waiter of waiting) waiter.refuse(error);
}

/** A bug is shown as one to those who met it; those who come within seconds hear that it is known. */
function unexpected({ entry }: Slot, cause: unknown): AppError {
  return new AppError("MODEL_LOAD", `${entry.id} could not be loaded a moment ago; the log says why.`, {
    hint: "Ask again in a few seconds.",
    cause,
  });
}

/** A process that ended by itself takes its requests along; the next one starts another, unless it keeps happening. */
function noteEnd(state: FleetState, slot: Slot, process: LoadedProcess, end: RunnerEnd): void {
  if (slot.process !== process || slot.state !== "ready") return;
  const { clock, logger } = state.settings;
  const now = clock.now();
  const { record, waitMs } = noteCrash(slot.crashRecord, now, now - process.loadedAt);
  slot.process = undefined;
  slot.state = "unloaded";
  slot.crashes += 1;
  slot.crashRecord = record;
  slot.cancelIdle?.();
  // What is left of it on this side: channels, buffers.
  process.runner.close().catch(() => undefined);
  logger.error(`The process of ${slot.entry.id} ended by itself (${end.how}).`, {
    requests: process.leases,
    crashes: slot.crashes,
  });
  if (waitMs > 0) slot.refusal = { until: now + waitMs, error: keepsCrashing(slot, end, waitMs) };
  state.changed();
}

function keepsCrashing({ entry, crashRecord }: Slot, { how }: RunnerEnd, waitMs: number): AppError {
  return new AppError(
    "RUNNER_LOST",
    `The process of ${entry.id} keeps ending by itself (${crashRecord.times.length} times within a minute, at last with ${how}); it is not started again for ${Math.round(waitMs / 1_000)} seconds.`,
    { hint: "`assay models verify` checks the file, `assay doctor` the machine; the log has each end." },
  );
}
