/** How a measured model is opened, and the memory that is predicted for it. */

import type { MemoryPrediction, ModelDescription, ResolvedModel } from "../../models/index.ts";
import type { CliContext } from "../context.ts";
import { planPlacement } from "../plan-placement.ts";
import type { Opening } from "./models-job.ts";

export interface PlannedOpening {
  readonly opening: Opening;
  readonly estimate: MemoryPrediction;
  readonly description: ModelDescription;
}

/**
 * Plans the opening with at least so many tokens of context.
 * @throws OUT_OF_MEMORY if that cannot fit
 */
export async function openingOf(
  context: CliContext,
  model: ResolvedModel,
  leastContext: number,
): Promise<PlannedOpening> {
  const [{ contextShape, defaultContext, processorCores }, { describeModel, predictMemory }] =
    await Promise.all([import("../../engine/index.ts"), import("../../models/index.ts")]);
  const { config, unsafeLib, signal, logger } = context;
  const { gpu } = config;
  const description = describeModel(model.gguf);
  const tokens = Math.max(config.context || defaultContext(description.contextTrained), leastContext);
  const planned = await planPlacement({ ...context, config: { ...config, context: tokens } }, model);
  // Decided once, so that our engine and the bare decodes have the same.
  const placement = { ...planned, threads: planned.threads || processorCores().physical };
  const { cells, batch, sequences } = contextShape(tokens, placement.batchSize);
  const estimate = await predictMemory(
    model.path,
    { ...placement, batchSize: batch },
    {
      ...{ cells, sequences, gpu, unsafeLib, signal },
      onFallback: (reason) => logger.warn(`Memory is estimated: ${reason}`),
    },
  );
  const { path, name } = model;
  return { opening: { path, name, context: tokens, placement, gpu, unsafeLib }, estimate, description };
}
