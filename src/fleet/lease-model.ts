/** A request's way to a model: it waits until the model is loaded, holds it, gives it back. */

import { AppError } from "../errors.ts";
import type { Lease } from "./fleet.ts";
import { type FleetState, type LoadedProcess, type Slot, servedModel } from "./slot.ts";
import { averageSpeed } from "./speed-average.ts";
import { armIdle } from "./unload-model.ts";

/** What a load takes where none has been measured: an hour would be silly, a second too. */
const LIKELY_LOAD_MS = 10_000;

/**
 * A lease, as soon as the model can give one.
 * @throws as Fleet.lease
 */
export function leaseModel(state: FleetState, slot: Slot, signal: AbortSignal | undefined): Promise<Lease> {
  if (signal?.aborted) return Promise.reject(cancelled(slot));
  if (slot.waiting.length >= state.settings.queueLimit) return Promise.reject(busy(state, slot));
  return new Promise((resolve, reject) => {
    const leave = () => {
      slot.waiting = slot.waiting.filter((it) => it !== waiter);
      reject(cancelled(slot));
      state.changed();
    };
    const waiter = {
      order: state.order++,
      since: state.settings.clock.now(),
      grant(process: LoadedProcess) {
        signal?.removeEventListener("abort", leave);
        resolve(createLease(state, slot, process));
      },
      refuse(error: unknown) {
        signal?.removeEventListener("abort", leave);
        reject(error);
      },
    };
    signal?.addEventListener("abort", leave, { once: true });
    slot.waiting.push(waiter);
    state.changed();
  });
}

function createLease(state: FleetState, slot: Slot, process: LoadedProcess): Lease {
  const { clock } = state.settings;
  process.leases += 1;
  slot.lastUsedAt = clock.now();
  slot.cancelIdle?.();
  let isHeld = true;
  return {
    model: process.runner,
    served: servedModel(slot),
    observe(answer) {
      slot.speed = averageSpeed(slot.speed, answer);
    },
    release() {
      if (!isHeld) return;
      isHeld = false;
      process.leases -= 1;
      process.idleSince = clock.now();
      // A process that ended in the meantime is nobody's any more.
      if (slot.process === process && process.leases === 0) armIdle(state, slot);
      state.changed();
    },
  };
}

function cancelled({ entry }: Slot): AppError {
  return new AppError("CANCELLED", `The request for ${entry.id} was given up while it waited for the model.`);
}

function busy({ settings }: FleetState, slot: Slot): AppError {
  const { clock, queueLimit } = settings;
  const passed = slot.state === "loading" ? clock.now() - slot.loadStartedAt : 0;
  const leftMs = (slot.loadMs ?? LIKELY_LOAD_MS) - passed;
  return new AppError("BUSY", `${slot.waiting.length} requests wait for ${slot.entry.id} already.`, {
    hint: "Ask again later, or raise --queue.",
    details: {
      model: slot.entry.id,
      waiting: slot.waiting.length,
      limit: queueLimit,
      retryAfterSeconds: Math.max(1, Math.ceil(leftMs / 1_000)),
    },
  });
}
