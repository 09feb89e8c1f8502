/** What "auto" means on a GPU: as much as fits, by llama.cpp's own plan of each try. */

import type { Placement } from "../../llama/index.ts";
import type { ModelDescription } from "../describe-model.ts";
import { assessMemory } from "./assess-memory.ts";
import type { MemoryFacts } from "./memory-facts.ts";
import type { MemoryPrediction } from "./memory-prediction.ts";

export interface FitOptions {
  readonly model: Pick<ModelDescription, "layers" | "experts">;
  readonly placement: Placement;
  readonly facts: MemoryFacts;
  /** The plan of a placement, as predictMemory() gives it. */
  readonly predict: (placement: Placement) => Promise<MemoryPrediction>;
}

export interface FittedPlacement {
  readonly placement: Placement;
  readonly prediction: MemoryPrediction;
}

/**
 * Fills in "auto": the whole model on the GPU; else everything but the experts, which are most of a mixture's weights
 * and of which a token uses few; else as many layers as the plan of one layer less and less says. What the user chose
 * is never changed. The last try is returned if none fits: whoever asks refuses it with its figures.
 */
export async function fitPlacement({
  model,
  placement,
  facts,
  predict,
}: FitOptions): Promise<FittedPlacement> {
  const lacksGpu = (prediction: MemoryPrediction) => assessMemory(prediction, facts).where === "gpu";
  let fitted = { placement, prediction: await predict(placement) };
  if (!lacksGpu(fitted.prediction)) return fitted;
  if (placement.experts === "auto" && model.experts > 0) {
    const mixed: Placement = { ...placement, experts: "cpu" };
    fitted = { placement: mixed, prediction: await predict(mixed) };
    if (!lacksGpu(fitted.prediction)) return fitted;
  }
  if (placement.gpuLayers !== "auto") return fitted;
  // Halving: each plan costs a child process. The output counts as a layer.
  let fits = -1;
  let tooMany = model.layers + 1;
  let best: FittedPlacement | undefined;
  while (tooMany - fits > 1) {
    const gpuLayers = Math.floor((fits + tooMany) / 2);
    const tried = { ...fitted.placement, gpuLayers };
    const prediction = await predict(tried);
    if (lacksGpu(prediction)) tooMany = gpuLayers;
    else {
      fits = gpuLayers;
      best = { placement: tried, prediction };
    }
  }
  return best ?? fitted;
}
