/** New entries for a fleet that runs: models that stay what they are are not touched. */

import type { FleetEntry } from "./fleet.ts";
import { type FleetState, newSlot, type Slot } from "./slot.ts";
import { armIdle } from "./unload-model.ts";

/**
 * The slot of each entry: one that there is where file and context are the same, else a new one, read from its file.
 * One that is about to go is taken back.
 */
export async function planSlots(state: FleetState, entries: readonly FleetEntry[]): Promise<Slot[]> {
  const free = [...state.slots];
  const isSame = (slot: Slot, { path, context }: FleetEntry) =>
    slot.entry.path === path && slot.entry.context === context;
  const take = (found: Slot | undefined) => (found ? free.splice(free.indexOf(found), 1)[0] : undefined);
  // One file may be served under two ids: those that keep theirs are matched first.
  const slots = entries.map((entry) =>
    take(free.find((slot) => slot.entry.id === entry.id && isSame(slot, entry))),
  );
  const planned: Slot[] = [];
  for (const [at, entry] of entries.entries()) {
    const kept = slots[at] ?? take(free.find((slot) => isSame(slot, entry)));
    // One after the other: a plan is a process of its own that uses all cores.
    planned.push(kept ?? newSlot(entry, await state.settings.plan(entry)));
  }
  return planned;
}

/** Puts them in place; those that are left over go when their requests have ended. */
export function replaceSlots(
  state: FleetState,
  slots: readonly Slot[],
  entries: readonly FleetEntry[],
): void {
  const over = state.slots.filter((slot) => !slots.includes(slot));
  for (const slot of over) {
    slot.retired = true;
    if (slot.waiting.length === 0) slot.stopLoad?.abort();
  }
  for (const [at, slot] of slots.entries()) {
    slot.entry = entries[at]!;
    slot.retired = false;
    armIdle(state, slot);
  }
  state.slots = [...slots, ...over];
  state.changed();
}
