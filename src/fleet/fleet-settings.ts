/** What a fleet is made with: how models are opened, what may be filled, how long things may take. */

import type { Runner } from "../engine/index.ts";
import type { Logger } from "../logger.ts";
import type { FitOptions, MemoryFacts, ModelDescription } from "../models/index.ts";
import type { FleetEntry } from "./fleet.ts";

/** What is known of a model before it is loaded. */
export interface LoadPlan {
  readonly facts: ModelDescription & { readonly context: number };
  /** Identifies the file, as ModelInfo.fingerprint. */
  readonly fingerprint: string;
  /** Bytes of RAM that its process will hold, mapped weights included. */
  readonly bytes: number;
  /** Of them, what the system cannot drop and read again: all but mapped weights. */
  readonly own: number;
  /** Where its parts go; "auto" has been decided. */
  readonly placement: FitOptions["placement"];
  /** A part is on a GPU: what is free there is asked again before each load. */
  readonly usesGpu: boolean;
}

export interface OpenOptions {
  readonly plan: LoadPlan;
  /** Stops the loading. */
  readonly signal: AbortSignal;
}

export interface FleetClock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Runs once after so many milliseconds; the result stops it. */
  after(ms: number, run: () => void): () => void;
}

export interface FleetOptions {
  /** Starts a process with the model loaded. */
  readonly open: (entry: FleetEntry, options: OpenOptions) => Promise<Runner>;
  /** Reads what loading would take; throws what is wrong with the file. */
  readonly plan: (entry: FleetEntry) => Promise<LoadPlan>;
  /** Bytes for all models together. @default what is free at the start, less a reserve */
  readonly budget?: number | undefined;
  /** What the machine has left. @default memoryFacts */
  readonly memory?: (() => MemoryFacts) | undefined;
  /** A model that nobody used for so long is unloaded; Infinity: it stays. @default 15 minutes */
  readonly idleMs?: number | undefined;
  /** Requests that wait for one model at most. @default 256 */
  readonly queueLimit?: number | undefined;
  /**
   * A request that waits for room lets others pass for so long; then the models that have to give way take no new
   * ones. More means fewer loads where two models take turns, and longer waiting. @default 5 seconds
   */
  readonly patienceMs?: number | undefined;
  /** @default the system's */
  readonly clock?: FleetClock | undefined;
  readonly logger?: Logger | undefined;
}

/** The options with their defaults in place. */
export type FleetSettings = { readonly [K in keyof FleetOptions]-?: NonNullable<FleetOptions[K]> };

/** The longest time that a timer of Node can have; longer ones would end at once. */
const LONGEST_MS = 2 ** 31 - 1;

/** Timers do not keep the process alive. */
export const SYSTEM_CLOCK: FleetClock = {
  now: () => Date.now(),
  after(ms, run) {
    const timer = setTimeout(run, Math.min(ms, LONGEST_MS));
    timer.unref();
    return () => clearTimeout(timer);
  },
};
