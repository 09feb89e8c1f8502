/** What models, queues, caches and memory are at the moment of asking. */

import { Counter, Gauge, type Registry } from "prom-client";
import type { Fleet, ServedModel, ServedState } from "../../fleet/index.ts";
import type { MemoryHistory } from "./memory-slope.ts";

/** A GPU as llama.cpp reports it. */
export interface GpuMemory {
  readonly name: string;
  readonly freeBytes: number;
  readonly totalBytes: number;
}

export interface FleetSources {
  readonly fleet: Fleet;
  readonly history: MemoryHistory;
  /** Bytes held now, by process: "server" and the models' ids. */
  readonly resident: () => ReadonlyMap<string, number>;
  readonly gpus: () => readonly GpuMemory[];
}

const STATES = ["unloaded", "loading", "ready", "unloading", "failed"] as const satisfies ServedState[];

/** Adds the metrics to the registry; each asks when it is read. */
export function fleetMetrics(registry: Registry, { fleet, history, resident, gpus }: FleetSources): void {
  const registers = [registry];
  /** A gauge whose values are made anew each time, so that a model that is gone leaves nothing behind. */
  const gauge = <T extends string>(
    name: string,
    help: string,
    labelNames: readonly T[],
    read: (set: (labels: Record<T, string>, value: number | undefined) => void) => void,
  ) =>
    new Gauge({
      name,
      help,
      labelNames,
      registers,
      collect() {
        this.reset();
        read((labels, value) => {
          if (value !== undefined) this.set(labels as Parameters<typeof this.set>[0] & object, value);
        });
      },
    });
  const perModel = (name: string, help: string, value: (served: ServedModel) => number | undefined) =>
    gauge(name, help, ["model"], (set) => {
      for (const served of fleet.models()) set({ model: served.entry.id }, value(served));
    });

  perModel("assay_requests_active", "Requests that the engine works at.", ({ usage }) => usage?.active ?? 0);
  perModel(
    "assay_requests_waiting",
    "Requests that wait in the engine's queue.",
    ({ usage }) => usage?.waiting ?? 0,
  );
  perModel(
    "assay_requests_holding",
    "Requests that use the model or wait for it to be loaded.",
    (it) => it.leases,
  );
  perModel(
    "assay_prompt_tokens_per_second",
    "Tokens of prompts computed a second, a moving average.",
    ({ speed }) => speed.prompt,
  );
  perModel(
    "assay_generation_tokens_per_second",
    "Tokens of one answer a second, a moving average.",
    ({ speed }) => speed.generation,
  );
  gauge(
    "assay_cache_cells",
    "Cells of the cache, one a token: all, reserved by running work, left by finished work.",
    ["model", "use"],
    (set) => {
      for (const { entry, usage } of fleet.models()) {
        set({ model: entry.id, use: "all" }, usage?.cells);
        set({ model: entry.id, use: "reserved" }, usage?.reserved);
        set({ model: entry.id, use: "cached" }, usage?.cached);
      }
    },
  );
  gauge("assay_model_state", "1 for the state that a model is in.", ["model", "state"], (set) => {
    for (const { entry, state } of fleet.models())
      for (const it of STATES) set({ model: entry.id, state: it }, it === state ? 1 : 0);
  });
  new Counter({
    name: "assay_model_crashes_total",
    help: "Times that a model's process ended by itself.",
    labelNames: ["model"],
    registers,
    collect() {
      this.reset();
      for (const { entry, crashes } of fleet.models()) this.inc({ model: entry.id }, crashes);
    },
  });
  perModel(
    "assay_model_memory_predicted_bytes",
    "Bytes that loading the model takes, as predicted.",
    ({ memory }) => memory.predicted,
  );
  gauge(
    "assay_memory_bytes",
    "Bytes that models may take, and that they are counted with.",
    ["kind"],
    (set) => {
      const { budget, used } = fleet.memory();
      set({ kind: "budget" }, budget);
      set({ kind: "used" }, used);
    },
  );
  gauge(
    "assay_process_resident_bytes",
    "Bytes of memory that a process holds: the server, and one a loaded model.",
    ["process"],
    (set) => {
      for (const [process, bytes] of resident()) set({ process }, bytes);
    },
  );
  gauge(
    "assay_process_resident_slope_bytes_per_minute",
    "Growth of a process's memory over the last 10 minutes, by a line through it.",
    ["process"],
    (set) => {
      for (const [process, slope] of history.slopes()) set({ process }, slope);
    },
  );
  gauge(
    "assay_gpu_memory_bytes",
    "Bytes of a GPU's memory, where there is one.",
    ["device", "kind"],
    (set) => {
      for (const { name, freeBytes, totalBytes } of gpus()) {
        set({ device: name, kind: "free" }, freeBytes);
        set({ device: name, kind: "total" }, totalBytes);
      }
    },
  );
}
