/** Predicted memory of a model against what is free: by llama.cpp's own plan where it gives one. */

import type { Gguf, MemoryPrediction } from "../../models/index.ts";
import type { CliContext } from "../context.ts";
import { placementOf } from "../placement.ts";
import { planPlacement } from "../plan-placement.ts";
import { largestProcesses } from "../system-facts.ts";
import { gib } from "../units.ts";
import type { Finding } from "./print-checks.ts";

/** @throws AppError MODEL_INVALID, LIBRARY */
export async function checkMemory(context: CliContext, path: string): Promise<Finding> {
  const { assessMemory, memoryFacts, readGguf } = await import("../../models/index.ts");
  const gguf = await readGguf(path);
  const { tokens, prediction } = await predict(context, gguf);
  const facts = memoryFacts();
  const { verdict, where, needed, available } = assessMemory(prediction, facts);
  const { weights, kvCache, compute, source, gpus } = prediction;
  const how = source === "estimated" ? "estimated" : "by llama.cpp's own plan";
  const onGpus = gpus.map((it) => `; ${it.name}: ${gib(it.weights + it.kvCache + it.compute)}`).join("");
  const message =
    `${gib(weights + kvCache + compute)} for ${tokens} tokens of context, ${how}: weights ${gib(weights)}, ` +
    `cache ${gib(kvCache)}, buffers ${gib(compute)}${onGpus}; ` +
    `${gib(facts.available)} of ${gib(facts.total)} of RAM are free`;
  if (verdict === "fits") return { status: "ok", message };
  if (verdict === "tight")
    return {
      status: "warn",
      message,
      hint: "It runs, but weights will be read from disk again and again: end other programs, or take a smaller quantisation.",
    };
  const others = largestProcesses(3).map((it) => `${it.name} (${it.pid}) ${gib(it.bytes)}`);
  const place = where === "gpu" ? "the GPU" : "RAM";
  return {
    status: "fail",
    message: `${message}. ${place} lacks ${gib(needed - available)}; the largest processes: ${others.join(", ") || "unknown"}`,
    hint: "Take a smaller quantisation (assay models list), less --context, --kv-type q8_0, or end one of them.",
  };
}

/** With the placement that commands would choose, whether it fits or not. */
async function predict(
  context: CliContext,
  gguf: Gguf,
): Promise<{ tokens: number; prediction: MemoryPrediction }> {
  const { config, signal, unsafeLib, logger } = context;
  const [models, { contextShape, defaultContext }] = await Promise.all([
    import("../../models/index.ts"),
    import("../../engine/index.ts"),
  ]);
  const { name, contextTrained } = models.describeModel(gguf);
  const tokens = config.context || defaultContext(contextTrained);
  // llama.cpp cannot plan what it does not load; the repaired file will need the same.
  if (models.describeLegacyExperts(gguf)) {
    const placement = placementOf(config);
    const { cells } = contextShape(tokens, placement.batchSize);
    return { tokens, prediction: models.estimatePrediction(gguf, placement, { cells }) };
  }
  const model = { name, path: gguf.path, origin: "file", gguf } as const;
  const placement = await planPlacement({ ...context, memoryCheck: false }, model);
  const { cells, batch, sequences } = contextShape(tokens, placement.batchSize);
  const prediction = await models.predictMemory(
    gguf.path,
    { ...placement, batchSize: batch },
    {
      ...{ cells, sequences, gpu: config.gpu, unsafeLib, signal },
      onFallback: (reason) => logger.warn(`Memory is estimated: ${reason}`),
    },
  );
  return { tokens, prediction };
}
