/** The fleet of a server by its flags: how models are opened, how much they may fill, how long they stay. */

import { createFleet, type Fleet, type FleetEntry, modelRunners } from "../../fleet/index.ts";
import { loadLibrary } from "../../llama/index.ts";
import { memoryFacts } from "../../models/index.ts";
import type { GpuMemory, ServerMetrics } from "../../server/index.ts";
import type { CliContext } from "../context.ts";
import { placementOf } from "../placement.ts";
import { fleetBudget, idleTime } from "./entries-sources.ts";
import type { ServeOptions } from "./serve-options.ts";

/** What requests get where no context is set: defaultContext() of the engine. */
const COMMON_CONTEXT = 4_096;

/** With --no-memory-check a model is loaded whatever is free; a --memory that is given still holds. */
const UNBOUNDED = Number.POSITIVE_INFINITY;

/**
 * @param metrics asked when a model is loaded, which may be before they are there
 * @throws what createFleet() throws
 */
export async function openFleet(
  { config, logger, unsafeLib, memoryCheck }: CliContext,
  { memory, idle, parallel, queue }: ServeOptions,
  entries: readonly FleetEntry[],
  metrics: () => ServerMetrics | undefined,
): Promise<Fleet> {
  const runners = modelRunners({
    placement: placementOf(config),
    gpu: config.gpu,
    unsafeLib,
    cacheTokens: parallel * (config.context || COMMON_CONTEXT),
    queueLimit: queue,
    logger,
    onFallback: (reason) => logger.warn(`Memory is estimated: ${reason}`),
  });
  return createFleet(entries, {
    ...runners,
    async open(entry, options) {
      const started = performance.now();
      const observe = (ok: boolean) =>
        metrics()?.observeLoad({ model: entry.id, seconds: (performance.now() - started) / 1_000, ok });
      try {
        const runner = await runners.open(entry, options);
        observe(true);
        return runner;
      } catch (error) {
        observe(false);
        throw error;
      }
    },
    budget:
      fleetBudget({ serveMemory: memory ?? config.serveMemory }) ?? (memoryCheck ? undefined : UNBOUNDED),
    ...(!memoryCheck && { memory: () => ({ ...memoryFacts(), available: UNBOUNDED }) }),
    idleMs: idleTime({ serveIdle: idle ?? config.serveIdle }),
    queueLimit: queue,
    logger,
  });
}

/** The GPUs that llama.cpp may use; none where it runs on the processor. */
export function gpuMemory({ config, unsafeLib, logger }: CliContext): () => readonly GpuMemory[] {
  if (config.gpu === "off") return () => [];
  const library = loadLibrary({ gpu: config.gpu, unsafeLib, logger });
  return () => library.devices().filter(({ kind }) => kind === "gpu");
}
