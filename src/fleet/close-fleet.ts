/** The end of a fleet: no new work, time for what runs, then no process is left. */

import type { FleetState } from "./slot.ts";
import { beginUnload } from "./unload-model.ts";

/**
 * Refuses those who wait, lets those who hold a model finish within `graceMs`, and ends all processes.
 * @returns whether they did finish
 */
export async function closeFleet(
  state: FleetState,
  graceMs: number,
  refusal: Error,
): Promise<"finished" | "cancelled"> {
  const { clock } = state.settings;
  const finished = new Promise<"finished" | "cancelled">((resolve) => {
    const cancelGrace = graceMs < Number.POSITIVE_INFINITY ? clock.after(graceMs, giveUp) : () => undefined;
    function giveUp() {
      resolve("cancelled");
    }
    state.onLastLease = () => {
      cancelGrace();
      resolve("finished");
    };
  });
  for (const slot of state.slots) {
    slot.stopLoad?.abort();
    slot.cancelIdle?.();
    for (const waiter of slot.waiting.splice(0)) waiter.refuse(refusal);
  }
  state.changed();
  const outcome = await finished;
  // A load that was stopped may still end with a process.
  await Promise.all(state.slots.map(({ work }) => work));
  for (const slot of state.slots) if (slot.state === "ready") beginUnload(state, slot);
  await Promise.all(state.slots.map(({ work }) => work));
  for (const slot of state.slots) for (const tell of slot.left.splice(0)) tell();
  return outcome;
}
