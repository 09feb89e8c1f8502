/** The table of models: what the fleet knows of each one, and what it shows of that. */

import type { Runner } from "../engine/index.ts";
import type { CrashRecord } from "./back-off.ts";
import type { FleetEntry, ServedModel, ServedSpeed, ServedState } from "./fleet.ts";
import type { FleetSettings, LoadPlan } from "./fleet-settings.ts";

/** A process that holds the model; leases belong to it, so that those of a dead one bind nobody. */
export interface LoadedProcess {
  readonly runner: Runner;
  /** Milliseconds since 1970, as all times here. */
  readonly loadedAt: number;
  leases: number;
  /** When it was last given back, or loaded. */
  idleSince: number;
}

/** A request for a lease. */
export interface Waiter {
  /** Rises with every request to the fleet: who comes first is served first. */
  readonly order: number;
  readonly since: number;
  grant(process: LoadedProcess): void;
  refuse(error: unknown): void;
}

/** One model. */
export interface Slot {
  entry: FleetEntry;
  plan: LoadPlan;
  state: ServedState;
  /** Present when it is ready or unloading. */
  process: LoadedProcess | undefined;
  /** In the order in which they came. */
  waiting: Waiter[];
  /** The load or unload under way, or the last one; never rejects. */
  work: Promise<void>;
  stopLoad: AbortController | undefined;
  loadStartedAt: number;
  /** How long the last load took. */
  loadMs: number | undefined;
  crashes: number;
  crashRecord: CrashRecord;
  /** Until then nothing is loaded, and this is why. */
  refusal: { readonly until: number; readonly error: unknown } | undefined;
  error: string | undefined;
  lastUsedAt: number | undefined;
  speed: ServedSpeed;
  cancelIdle: (() => void) | undefined;
  /** Requests from this order on wait until it was unloaded; Infinity where nobody asked for that. */
  leaveAt: number;
  /** Told when it was unloaded. */
  left: (() => void)[];
  /** No entry names it any more: it goes when its requests have ended. */
  retired: boolean;
}

/** All of a fleet. */
export interface FleetState {
  readonly settings: FleetSettings;
  /** In the order of the entries, then those that are retired. */
  slots: Slot[];
  /** The next request's. */
  order: number;
  /** Set once the fleet is closing; called when no lease is left. */
  onLastLease: (() => void) | undefined;
  /** Looks who can be served now; to be called after every change. */
  changed(): void;
}

/** A model that nobody has asked for yet. */
export function newSlot(entry: FleetEntry, plan: LoadPlan): Slot {
  return {
    entry,
    plan,
    state: "unloaded",
    process: undefined,
    waiting: [],
    work: Promise.resolve(),
    stopLoad: undefined,
    loadStartedAt: 0,
    loadMs: undefined,
    crashes: 0,
    crashRecord: { times: [], strikes: 0 },
    refusal: undefined,
    error: undefined,
    lastUsedAt: undefined,
    speed: { prompt: undefined, generation: undefined },
    cancelIdle: undefined,
    leaveAt: Number.POSITIVE_INFINITY,
    left: [],
    retired: false,
  };
}

/** What the others see of it at this moment. */
export function servedModel(slot: Slot): ServedModel {
  const { entry, plan, state, process, waiting, speed, crashes, lastUsedAt, error } = slot;
  return {
    entry,
    state,
    facts: plan.facts,
    fingerprint: plan.fingerprint,
    leases: (process?.leases ?? 0) + waiting.length,
    usage: process?.runner.usage,
    speed,
    memory: { predicted: plan.bytes, resident: process?.runner.resident },
    crashes,
    lastUsedAt,
    error,
  };
}

/** The model of that id or alias. */
export function findSlot({ slots }: FleetState, name: string): Slot | undefined {
  return slots.find(({ entry, retired }) => !retired && (entry.id === name || entry.aliases.includes(name)));
}
