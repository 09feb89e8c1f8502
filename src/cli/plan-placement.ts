/** Before a model is opened: where its parts go, whether they fit, and what of the flags has no effect here. */

import type { ThreadChoice } from "../engine/index.ts";
import type { Placement } from "../llama/index.ts";
import type { ResolvedModel } from "../models/index.ts";
import type { CliContext } from "./context.ts";
import { idlePlacement, placementOf } from "./placement.ts";

/** Sentences of this process; a command that opens several models says each once. */
const said = new Set<string>();

/**
 * The placement of a model on this machine.
 * @throws OUT_OF_MEMORY if it cannot fit, unless --no-memory-check
 */
export async function planPlacement(
  { config, logger, signal, unsafeLib, memoryCheck }: CliContext,
  { path, gguf }: ResolvedModel,
): Promise<Placement> {
  const [models, engine, { loadLibrary }] = await Promise.all([
    import("../models/index.ts"),
    import("../engine/index.ts"),
    import("../llama/index.ts"),
  ]);
  const { gpu } = config;
  // llama.cpp would say in words that name a tensor what the header says in one sentence.
  models.assertLoadable(gguf);
  const model = models.describeModel(gguf);
  const chosen = placementOf(config);
  const library = loadLibrary({ gpu, unsafeLib, logger });
  const gpus = gpu === "off" ? 0 : library.devices().filter(({ kind }) => kind === "gpu").length;
  const sayOnce = (message: string) => {
    if (!said.has(message)) logger.warn(message);
    said.add(message);
  };
  idlePlacement({ placement: chosen, gpu }, { gpus, experts: model.experts }).forEach(sayOnce);
  const placement: Placement = gpu === "off" ? { ...chosen, gpuLayers: 0 } : chosen;
  if (!memoryCheck) return placement;
  const context = config.context || engine.defaultContext(model.contextTrained);
  const { cells, batch, sequences } = engine.contextShape(context, placement.batchSize);
  const facts = models.memoryFacts();
  const estimate = models.estimatePrediction(gguf, placement, { cells });
  // A plan costs a child process; what takes half the memory by the roughest estimate needs none.
  if (gpus === 0 && 2 * estimate.total < facts.available) return placement;
  const fitted = await models.fitPlacement({
    model,
    placement,
    facts,
    predict: (tried) =>
      models.predictMemory(
        path,
        { ...tried, batchSize: batch },
        {
          cells,
          sequences,
          gpu,
          unsafeLib,
          signal,
          onFallback: (reason) => logger.warn(`Memory is estimated: ${reason}`),
        },
      ),
  });
  for (const change of changes(placement, fitted.placement)) sayOnce(change);
  models.requireMemory({ ...fitted, gguf, facts, context, onWarning: sayOnce });
  return fitted.placement;
}

/** What "auto" became, where that is less than everything on the GPU. */
function changes(before: Placement, after: Placement): string[] {
  const list: string[] = [];
  if (after.experts !== before.experts) list.push("The experts stay in RAM: the GPU has no room for them.");
  if (after.gpuLayers !== before.gpuLayers)
    list.push(`${after.gpuLayers} layers are on the GPU: that many fit.`);
  return list;
}

/** A choice of threads in one line. */
export function describeThreads({ threads, speeds, isRemembered }: ThreadChoice): string {
  const found = speeds.map(
    (it) => `${it.threads}: ${it.prompt.toFixed(0)} and ${it.decode.toFixed(1)} tokens/s`,
  );
  const how = isRemembered ? "measured before" : "measured now, and remembered";
  return `Threads: ${threads} (${how}; prompts and answers with ${found.join(", with ")}). --threads N sets another number.`;
}
