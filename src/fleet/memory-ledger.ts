/** Who holds how much memory, and who would have to go so that another model has room. */

import { AppError } from "../errors.ts";
import { formatBytes } from "../models/index.ts";
import type { FleetState, Slot } from "./slot.ts";

/** Can a model be loaded? */
export type Room =
  | { readonly kind: "free" }
  /** Once these have been unloaded; those without requests first, of each kind the longest unused first. */
  | { readonly kind: "made"; readonly victims: readonly Slot[] }
  | { readonly kind: "never"; readonly error: AppError };

/** Bytes that a model holds: what was predicted, or what its process has if that is more; 0 when it is not loaded. */
export function heldBytes({ state, plan, process }: Slot): number {
  if (state === "unloaded" || state === "failed") return 0;
  return Math.max(plan.bytes, process?.runner.resident ?? 0);
}

/** Bytes that all models hold. */
export function usedBytes({ slots }: Pick<FleetState, "slots">): number {
  return sumBytes(slots);
}

function sumBytes(slots: readonly Slot[]): number {
  return slots.reduce((sum, slot) => sum + heldBytes(slot), 0);
}

/** Looks for room for a model that is not loaded yet. */
export function findRoom(state: FleetState, slot: Slot): Room {
  const { budget, memory } = state.settings;
  const { bytes, own } = slot.plan;
  const holders = state.slots.filter((it) => it !== slot && heldBytes(it) > 0);
  const fixed = sumBytes(holders.filter((it) => isFixed(it)));
  if (fixed + bytes > budget) return { kind: "never", error: noRoom(state, slot, holders) };
  const first = slot.waiting[0]?.order ?? Number.POSITIVE_INFINITY;
  const idleSince = (it: Slot) => it.process?.idleSince ?? 0;
  const movable = holders
    .filter((it) => !isFixed(it))
    .toSorted((a, b) => rank(a, first) - rank(b, first) || idleSince(a) - idleSince(b));
  const victims: Slot[] = [];
  let left = budget - sumBytes(holders);
  for (const victim of movable) {
    if (bytes <= left) break;
    victims.push(victim);
    left += heldBytes(victim);
  }
  if (victims.length > 0) return { kind: "made", victims };
  // The budget was set once; other programs may have taken memory since.
  const { available } = memory();
  if (own <= available) return { kind: "free" };
  if (movable.length > 0) return { kind: "made", victims: movable.slice(0, 1) };
  return { kind: "never", error: machineFull(slot, available) };
}

/** Never goes for another's sake. */
function isFixed({ entry, retired }: Slot): boolean {
  return entry.pinned && !retired;
}

/**
 * Those that go already, then those that are not in use, then the others. One whose requests came after the one that
 * wants room is not in use: else two busy models would pass the duty to go to each other for ever.
 */
function rank({ state, process, waiting }: Slot, first: number): number {
  if (state === "unloading") return 0;
  const isFree = state === "ready" && process?.leases === 0 && waiting.every(({ order }) => order > first);
  return isFree ? 1 : 2;
}

function noRoom({ settings: { budget } }: FleetState, { entry, plan }: Slot, holders: Slot[]): AppError {
  const held = holders.map((it) => ({
    id: it.entry.id,
    bytes: heldBytes(it),
    leases: it.process?.leases ?? 0,
    pinned: it.entry.pinned,
  }));
  const fixed = held.filter(({ pinned }) => pinned);
  const alone = plan.bytes > budget;
  const others = fixed.map(({ id, bytes }) => `${id} with ${formatBytes(bytes)}`).join(", ");
  return new AppError(
    "OUT_OF_MEMORY",
    alone
      ? `${entry.id} needs ${formatBytes(plan.bytes)} and all models together may take ${formatBytes(budget)}.`
      : `${entry.id} needs ${formatBytes(plan.bytes)} of the ${formatBytes(budget)} for all models, and what is pinned stays: ${others}.`,
    {
      hint: alone
        ? "Serve it with a smaller --context, take a smaller quantisation, or raise --memory if the machine has more."
        : "Pin fewer models, or raise --memory if the machine has more.",
      details: { model: entry.id, needed: plan.bytes, budget, held },
    },
  );
}

function machineFull({ entry, plan }: Slot, available: number): AppError {
  return new AppError(
    "OUT_OF_MEMORY",
    `${entry.id} needs ${formatBytes(plan.own)} that cannot be given back, and the machine has ${formatBytes(available)} free.`,
    {
      hint: "End other programs; `assay doctor` shows the largest.",
      details: { model: entry.id, needed: plan.own, available },
    },
  );
}
