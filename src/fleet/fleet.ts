/** Several models at once: who is there, who is loaded, and how to get hold of one. */

import type { EngineUsage, GenerateTimings, LanguageModel } from "../engine/index.ts";
import type { ModelDescription } from "../models/index.ts";

/** "small" answers first where either would do. */
export type Tier = "small" | "large";

/** One model to be served, as the user set it down. */
export interface FleetEntry {
  /** Under which requests name it. */
  readonly id: string;
  readonly aliases: readonly string[];
  /** A GGUF file. */
  readonly path: string;
  /** The model's own name: the catalogue's, or the file's stem. */
  readonly name: string;
  readonly tier: Tier | undefined;
  /** Tokens of context for one request; undefined: as the engine thinks best. */
  readonly context: number | undefined;
  /** Is loaded at the start and stays when idle. */
  readonly pinned: boolean;
}

export type ServedState = "unloaded" | "loading" | "ready" | "unloading" | "failed";

/** Tokens a second, a moving average over what was served; undefined before the first answer. */
export interface ServedSpeed {
  readonly prompt: number | undefined;
  readonly generation: number | undefined;
}

/** A served model at a moment. */
export interface ServedModel {
  readonly entry: FleetEntry;
  readonly state: ServedState;
  /** From the file's header; `context` is what requests get. */
  readonly facts: ModelDescription & { readonly context: number };
  /** Identifies the file, as ModelInfo.fingerprint. */
  readonly fingerprint: string;
  /** Requests that use it or wait for it. */
  readonly leases: number;
  readonly usage: EngineUsage | undefined;
  readonly speed: ServedSpeed;
  /** Bytes that loading it takes, predicted, and that its process has now. */
  readonly memory: { readonly predicted: number; readonly resident: number | undefined };
  /** How often its process ended by itself. */
  readonly crashes: number;
  /** Milliseconds since 1970; undefined: never used. */
  readonly lastUsedAt: number | undefined;
  /** Why it could not be loaded the last time. */
  readonly error: string | undefined;
}

/** The right to use a loaded model; it is not unloaded before it was given back. */
export interface Lease {
  readonly model: LanguageModel;
  readonly served: ServedModel;
  /** Tells how an answer went, for the averages. */
  observe(answer: {
    promptTokens: number;
    cachedTokens: number;
    completionTokens: number;
    timings: GenerateTimings;
  }): void;
  /** Safe to call twice. */
  release(): void;
}

export interface Fleet {
  /** In the order of the entries. */
  models(): readonly ServedModel[];
  /** By id or alias; never a default. */
  find(name: string): ServedModel | undefined;
  /** Bytes for all models together, and what those that are loaded hold of it. */
  memory(): { readonly budget: number; readonly used: number };
  /**
   * Loads the model if it is not, unloading idle ones for room.
   * @throws MODEL_NOT_FOUND, OUT_OF_MEMORY, BUSY, MODEL_LOAD, RUNNER_LOST for a model that keeps crashing, CANCELLED,
   * CLOSING. Where it is known when another try makes sense, `details.retryAfterSeconds` says in how many seconds.
   */
  lease(id: string, options?: { signal?: AbortSignal | undefined }): Promise<Lease>;
  /** Waits for its requests, then ends its process. */
  unload(id: string): Promise<void>;
  /** Takes new ids, aliases and tiers; models that are gone are unloaded when their requests have ended. */
  reload(entries: readonly FleetEntry[]): Promise<void>;
  /** Ends everything. Requests have `graceMs` (0 if it is left out) to finish. Tells whether they did. */
  close(options?: { graceMs?: number }): Promise<"finished" | "cancelled">;
}
