/** Looks, after every change, who can be served: leases of what is loaded, loads where there is room, room by unloading. */

import { AppError, isAppError } from "../errors.ts";
import { beginLoad } from "./load-model.ts";
import { findRoom } from "./memory-ledger.ts";
import type { FleetState, Slot } from "./slot.ts";
import { beginUnload, hasNoLease } from "./unload-model.ts";

/** One pass over all models. */
export function serveWaiting(state: FleetState): void {
  if (state.onLastLease) {
    if (state.slots.every(({ process }) => !process?.leases)) state.onLastLease();
    return;
  }
  // In this order: a model that has gone may be wanted again at once, and who cannot be helped keeps nobody waiting.
  state.slots.filter(isGone).forEach(tellLeft);
  for (const slot of wanted(state)) refuseHopeless(state, slot);
  grantLeases(state);
  loadModels(state);
  for (const slot of state.slots) endService(state, slot);
  state.slots = state.slots.filter((slot) => !(slot.retired && isGone(slot) && slot.waiting.length === 0));
}

const isGone = ({ state }: Slot) => state === "unloaded" || state === "failed";

/** Models that are wanted and not loaded, those whose first request came first in front. */
function wanted({ slots }: FleetState): Slot[] {
  return slots
    .filter((slot) => isGone(slot) && slot.waiting.length > 0)
    .toSorted((a, b) => a.waiting[0]!.order - b.waiting[0]!.order);
}

function tellLeft(slot: Slot): void {
  slot.leaveAt = Number.POSITIVE_INFINITY;
  for (const tell of slot.left.splice(0)) tell();
}

function refuseHopeless(state: FleetState, slot: Slot): void {
  const room = findRoom(state, slot);
  const refusal = room.kind === "never" ? room.error : refusalNow(state, slot);
  if (refusal === undefined) return;
  for (const waiter of slot.waiting.splice(0)) waiter.refuse(refusal);
}

function grantLeases(state: FleetState): void {
  const giveWay = givingWay(state);
  for (const slot of state.slots) {
    const { process, waiting } = slot;
    if (slot.state !== "ready" || !process || waiting.length === 0) continue;
    const end = Math.min(slot.leaveAt, giveWay(slot));
    slot.waiting = waiting.filter(({ order }) => order >= end);
    for (const waiter of waiting) if (waiter.order < end) waiter.grant(process);
  }
}

/** From which order on a model takes no more requests, because one has waited long enough for its room. */
function givingWay(state: FleetState): (slot: Slot) => number {
  for (const slot of wanted(state)) {
    const room = findRoom(state, slot);
    if (room.kind !== "made") continue;
    const first = slot.waiting[0]!.order;
    if (!isOverdue(state, slot)) break;
    return (it) => (room.victims.includes(it) ? first : Number.POSITIVE_INFINITY);
  }
  return () => Number.POSITIVE_INFINITY;
}

function isOverdue({ settings }: FleetState, { waiting }: Slot): boolean {
  return settings.clock.now() - waiting[0]!.since >= settings.patienceMs;
}

function loadModels(state: FleetState): void {
  let inFront: Slot | undefined;
  for (const slot of wanted(state)) {
    // Others may take what is free only as long as nobody has waited for it too long.
    if (inFront && isOverdue(state, inFront)) return;
    const room = findRoom(state, slot);
    if (room.kind === "free") beginLoad(state, slot);
    if (room.kind !== "made" || inFront) continue;
    inFront = slot;
    // All at once, or what was idle would be missed for as long as the busy one needs.
    const canGo = room.victims.every((victim) => hasNoLease(victim) || victim.state === "unloading");
    if (canGo) for (const victim of room.victims.filter(hasNoLease)) beginUnload(state, victim);
  }
}

/** Why a model is not loaded for now, with the seconds after which it is worth another try. */
function refusalNow({ settings }: FleetState, { refusal }: Slot): unknown {
  const leftMs = (refusal?.until ?? 0) - settings.clock.now();
  if (!refusal || leftMs <= 0) return undefined;
  const { error } = refusal;
  if (!isAppError(error)) return error;
  return new AppError(error.code, error.message, {
    hint: error.hint,
    details: { ...error.details, retryAfterSeconds: Math.ceil(leftMs / 1_000) },
    cause: error,
  });
}

/** A model that was asked to go, or that no entry names any more, goes when it has served those who came before. */
function endService(state: FleetState, slot: Slot): void {
  const hasToGo = slot.leaveAt < Number.POSITIVE_INFINITY || slot.retired;
  const isLast = slot.waiting.every(({ order }) => order >= slot.leaveAt);
  if (hasToGo && isLast && hasNoLease(slot)) beginUnload(state, slot);
}
