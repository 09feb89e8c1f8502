/** ready -> unloading -> unloaded: by hand, for room, after a time without requests. */

import type { FleetState, Slot } from "./slot.ts";

/** Ends the process of a model that nobody uses. */
export function beginUnload(state: FleetState, slot: Slot): void {
  slot.state = "unloading";
  slot.cancelIdle?.();
  slot.work = unload(state, slot).then(() => state.changed());
}

async function unload({ settings: { logger } }: FleetState, slot: Slot): Promise<void> {
  try {
    await slot.process?.runner.close();
    logger.info(`${slot.entry.id} is unloaded.`);
  } catch (error) {
    logger.error(`The process of ${slot.entry.id} could not be ended: ${(error as Error).message}`);
  }
  slot.process = undefined;
  slot.state = "unloaded";
}

/** It is loaded and nobody uses it. */
export function hasNoLease({ state, process }: Slot): boolean {
  return state === "ready" && process?.leases === 0;
}

/** Starts the time after which an idle model goes; a lease stops it. */
export function armIdle(state: FleetState, slot: Slot): void {
  const { clock, idleMs } = state.settings;
  const { process } = slot;
  slot.cancelIdle?.();
  slot.cancelIdle = undefined;
  if (!process || slot.entry.pinned || !Number.isFinite(idleMs)) return;
  slot.cancelIdle = clock.after(Math.max(0, process.idleSince + idleMs - clock.now()), () => {
    if (slot.process === process && hasNoLease(slot)) beginUnload(state, slot);
  });
}
