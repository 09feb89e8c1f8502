/** What loading a model would take, by llama.cpp's own plan in a process of its own; nothing is loaded here. */

import { contextShape, defaultContext, type RunnerOptions } from "../engine/index.ts";
import {
  assertLoadable,
  assessMemory,
  describeModel,
  type FitOptions,
  fingerprint,
  fitPlacement,
  memoryFacts,
  predictMemory,
  readGguf,
  requireMemory,
} from "../models/index.ts";
import type { FleetEntry } from "./fleet.ts";
import type { LoadPlan } from "./fleet-settings.ts";

/** How every model of a fleet is opened. */
export interface PlanOptions extends Pick<RunnerOptions, "gpu" | "unsafeLib" | "cacheTokens" | "execArgv"> {
  readonly placement: FitOptions["placement"];
  /** Told why llama.cpp's plan could not be had, and that an estimate stands in for it. */
  readonly onFallback?: ((reason: string) => void) | undefined;
}

/** What Node and llama.cpp hold in the child beside the model: about 100 MiB, measured as RSS on Linux; it grows in use. */
const PROCESS_BYTES = 128 * 2 ** 20;

/**
 * Plans a load.
 * @throws MODEL_NOT_FOUND, MODEL_INVALID, OUT_OF_MEMORY for layers that were sent to a GPU without room
 */
export async function planLoad(entry: FleetEntry, options: PlanOptions): Promise<LoadPlan> {
  const { gpu, unsafeLib, cacheTokens, execArgv, onFallback } = options;
  const gguf = await readGguf(entry.path);
  assertLoadable(gguf);
  const model = describeModel(gguf);
  const context = entry.context ?? defaultContext(model.contextTrained);
  const wishes = gpu === "off" ? { ...options.placement, gpuLayers: 0 } : options.placement;
  const { cells, batch, sequences } = contextShape(context, wishes.batchSize, cacheTokens);
  const facts = memoryFacts();
  const { placement, prediction } = await fitPlacement({
    model,
    placement: wishes,
    facts,
    predict: (tried) =>
      predictMemory(
        entry.path,
        { ...tried, batchSize: batch },
        { cells, sequences, gpu, unsafeLib, execArgv, onFallback },
      ),
  });
  if (assessMemory(prediction, facts).where === "gpu")
    requireMemory({ gguf, prediction, facts, placement, context });
  const { mapped, copied, kvCache, compute } = prediction.ram;
  const own = copied + kvCache + compute + PROCESS_BYTES;
  return {
    facts: { ...model, name: entry.name, context },
    fingerprint: await fingerprint(gguf),
    bytes: own + mapped,
    own,
    placement,
    usesGpu: prediction.gpus.length > 0,
  };
}
