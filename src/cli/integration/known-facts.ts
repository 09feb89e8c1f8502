/** What the checks ask of other rooms: the stored mine, the weights, the memory that was to be expected. */

import type { ModelInfo } from "../../engine/index.ts";
import { isAppError } from "../../errors.ts";
import type { MineResult } from "../../glitch/index.ts";
import type { KnownVerdicts, SessionOptions } from "../../measure/index.ts";
import type { Gguf, MemoryPrediction } from "../../models/index.ts";
import type { CliContext } from "../context.ts";
import { planPlacement } from "../plan-placement.ts";
import { withStore } from "../with-store.ts";

/** Verdicts of the fullest mine of this file; undefined without one, or without a store that can be read. */
export async function knownVerdicts(
  context: CliContext,
  { fingerprint }: Pick<ModelInfo, "fingerprint">,
): Promise<KnownVerdicts | undefined> {
  try {
    return await withStore(context, async (store) => {
      const { fullestMine } = await import("../../glitch/index.ts");
      const run = await fullestMine(store, fingerprint);
      const result = run && ((await store.document(run.id)) as MineResult | undefined);
      if (run === undefined || result === undefined) return undefined;
      const of = (wanted: string) =>
        result.tokens.filter(({ verdict }) => verdict === wanted).map(({ id }) => id);
      return { run: run.id, glitch: of("glitch"), normal: of("normal") };
    });
  } catch (error) {
    // The store is no part of the model: its trouble must not look like one of the model's.
    if (!isAppError(error) || error.code === "CANCELLED") throw error;
    context.logger.warn(`The stored mines are left out: ${error.message}`);
    return undefined;
  }
}

/** Reads the indicators of a file's weights. */
export function readIndicatorsOf(
  { config, unsafeLib }: CliContext,
  gguf: Gguf,
): NonNullable<SessionOptions["readIndicators"]> {
  return async (options) => {
    const [{ readIndicators }, { loadLibrary }] = await Promise.all([
      import("../../glitch/index.ts"),
      import("../../llama/index.ts"),
    ]);
    return readIndicators(loadLibrary({ gpu: config.gpu, unsafeLib }), gguf, options);
  };
}

/** What the open model was predicted to take, with the placement that it has. */
export async function predictionOf(
  context: CliContext,
  { info }: { info: Pick<ModelInfo, "name" | "context"> },
  gguf: Gguf,
): Promise<MemoryPrediction> {
  const { config, signal, unsafeLib, logger } = context;
  const [{ predictMemory }, { contextShape }] = await Promise.all([
    import("../../models/index.ts"),
    import("../../engine/index.ts"),
  ]);
  // Memory was judged before loading; now that the model is in it, there may be less room than it needs once more.
  const placement = await planPlacement(
    { ...context, memoryCheck: false },
    { name: info.name, path: gguf.path, origin: "file", gguf },
  );
  const { cells, batch, sequences } = contextShape(info.context, placement.batchSize);
  return predictMemory(
    gguf.path,
    { ...placement, batchSize: batch },
    {
      ...{ cells, sequences, gpu: config.gpu, unsafeLib, signal },
      onFallback: (reason) => logger.warn(`Memory is estimated: ${reason}`),
    },
  );
}
