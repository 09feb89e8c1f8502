/** All metrics of a server in a registry of its own, so that two servers in one process do not add up. */

import { Gauge, Registry } from "prom-client";
import type { Fleet } from "../../fleet/index.ts";
import { fleetMetrics, type GpuMemory } from "./fleet-metrics.ts";
import { createMemoryHistory } from "./memory-slope.ts";
import { requestMetrics } from "./request-metrics.ts";
import type { ServerMetrics } from "./server-metrics.ts";

export interface MetricsOptions {
  readonly fleet: Fleet;
  readonly version: string;
  /** What llama.cpp reports of GPUs. @default none */
  readonly gpus?: (() => readonly GpuMemory[]) | undefined;
  /** Milliseconds between two samples of memory. @default 10 s */
  readonly sampleMs?: number | undefined;
}

/** 60 samples in the ten minutes of the slope. */
const SAMPLE_MS = 10_000;

/** Starts sampling memory; `close` ends that. */
export function createMetrics({
  fleet,
  version,
  gpus = () => [],
  sampleMs = SAMPLE_MS,
}: MetricsOptions): ServerMetrics {
  const registry = new Registry();
  const history = createMemoryHistory();
  const resident = () => {
    const held = fleet.models().map(({ entry, memory }) => [entry.id, memory.resident] as const);
    return new Map([
      ["server", process.memoryUsage.rss()],
      ...held.filter((it): it is readonly [string, number] => it[1] !== undefined),
    ]);
  };
  const requests = requestMetrics(registry);
  fleetMetrics(registry, { fleet, history, resident, gpus });
  const registers = [registry];
  new Gauge({ name: "assay_build_info", help: "Always 1.", labelNames: ["version"], registers }).set(
    { version },
    1,
  );
  new Gauge({
    name: "assay_process_start_time_seconds",
    help: "When the server started, in seconds since 1970.",
    registers,
  }).set(Math.round(Date.now() / 1_000 - process.uptime()));
  const timer = setInterval(() => history.add(Date.now(), resident()), sampleMs);
  timer.unref();
  return { ...requests, expose: () => registry.metrics(), close: () => clearInterval(timer) };
}
