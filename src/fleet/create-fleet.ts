/** Several models in processes of their own, loaded when they are asked for, within one budget of memory. */

import { AppError } from "../errors.ts";
import { silentLogger } from "../logger.ts";
import { formatBytes, memoryFacts } from "../models/index.ts";
import { checkEntries } from "./check-entries.ts";
import { closeFleet } from "./close-fleet.ts";
import type { Fleet, FleetEntry } from "./fleet.ts";
import { type FleetOptions, type FleetSettings, SYSTEM_CLOCK } from "./fleet-settings.ts";
import { leaseModel } from "./lease-model.ts";
import { usedBytes } from "./memory-ledger.ts";
import { planSlots, replaceSlots } from "./reload-entries.ts";
import { serveWaiting } from "./serve-waiting.ts";
import { type FleetState, findSlot, type Slot, servedModel } from "./slot.ts";
import { unknownModel } from "./unknown-model.ts";

const IDLE_MS = 15 * 60_000;
const QUEUE_LIMIT = 256;
const PATIENCE_MS = 5_000;
/** Left for the system, the server itself and what else runs: a sixteenth, half a GiB at least. */
const reserve = (total: number) => Math.max(2 ** 29, total / 16);

/**
 * Reads the headers of all models and begins to load those that are pinned; the others are loaded when asked for.
 * @throws CONFIG for names that clash, MODEL_NOT_FOUND, MODEL_INVALID for files that cannot be served, OUT_OF_MEMORY
 *
 * @example
 * const fleet = await createFleet(entries, modelRunners({ placement }));
 * const lease = await fleet.lease("lab-moe");
 * try { for await (const event of lease.model.generate(request)) show(event); } finally { lease.release(); }
 */
export async function createFleet(entries: readonly FleetEntry[], options: FleetOptions): Promise<Fleet> {
  checkEntries(entries);
  const state: FleetState = {
    settings: settingsOf(options),
    slots: [],
    order: 0,
    onLastLease: undefined,
    changed: () => serveWaiting(state),
  };
  state.slots = await planSlots(state, entries);
  warnOfLarge(state);
  loadPinned(state);
  let closed: Promise<"finished" | "cancelled"> | undefined;
  let reloading: Promise<void> = Promise.resolve();
  const fleet: Fleet = {
    models: () => state.slots.filter(({ retired }) => !retired).map(servedModel),
    find(name) {
      const slot = findSlot(state, name);
      return slot && servedModel(slot);
    },
    memory: () => ({ budget: state.settings.budget, used: usedBytes(state) }),
    async lease(id, { signal } = {}) {
      if (closed) throw closing();
      return leaseModel(state, known(id), signal);
    },
    async unload(id) {
      const slot = known(id);
      if (closed) return closed.then(() => undefined);
      slot.leaveAt = Math.min(slot.leaveAt, state.order++);
      const left = new Promise<void>((resolve) => slot.left.push(resolve));
      state.changed();
      return left;
    },
    async reload(wanted) {
      checkEntries(wanted);
      const work = reloading.then(async () => {
        const slots = await planSlots(state, wanted);
        if (closed) throw closing();
        replaceSlots(state, slots, wanted);
        warnOfLarge(state);
        loadPinned(state);
      });
      reloading = work.catch(() => undefined);
      return work;
    },
    close({ graceMs = 0 } = {}) {
      closed ??= closeFleet(state, graceMs, closing());
      return closed;
    },
  };
  return fleet;

  function known(name: string): Slot {
    const slot = findSlot(state, name);
    if (!slot) throw unknownModel(name, fleet);
    return slot;
  }
}

function settingsOf(options: FleetOptions): FleetSettings {
  const { memory = memoryFacts } = options;
  const { available, total } = memory();
  return {
    open: options.open,
    plan: options.plan,
    budget: options.budget ?? Math.max(0, available - reserve(total)),
    memory,
    idleMs: options.idleMs ?? IDLE_MS,
    queueLimit: options.queueLimit ?? QUEUE_LIMIT,
    patienceMs: options.patienceMs ?? PATIENCE_MS,
    clock: options.clock ?? SYSTEM_CLOCK,
    logger: options.logger ?? silentLogger,
  };
}

function warnOfLarge({ slots, settings: { budget, logger } }: FleetState): void {
  for (const { entry, plan, retired } of slots)
    if (!retired && plan.bytes > budget)
      logger.warn(
        `${entry.id} needs ${formatBytes(plan.bytes)} and all models together may take ${formatBytes(budget)}: requests for it will be refused.`,
      );
}

/** Asks for each pinned model, as a request would, and gives it back at once. */
function loadPinned(state: FleetState): void {
  for (const slot of state.slots) {
    if (slot.retired || !slot.entry.pinned || slot.state !== "unloaded") continue;
    leaseModel(state, slot, undefined).then(
      (lease) => lease.release(),
      // What failed to load has been logged there; what was refused has not.
      (error: Error) =>
        state.settings.logger.warn(`${slot.entry.id} was not loaded at the start: ${error.message}`),
    );
  }
}

function closing(): AppError {
  return new AppError("CLOSING", "The server is shutting down.", {
    hint: "Ask again when it has been started again.",
  });
}
