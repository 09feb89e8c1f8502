/** llama.cpp's own batch speed on the rounds of a plan, for `bench models`. */

import { createContext, loadLibrary, loadModel } from "../../llama/index.ts";
import { type BareModel, contextNeeded, type TurnPlan } from "../../measure/index.ts";
import { decodeRound } from "./bare-decode.ts";
import type { Opening } from "./models-job.ts";

/** Opens the file with a context that holds just what the plan's rounds fill: the baseline gets the best of it. */
export async function openBareModel(
  { path, placement, gpu, unsafeLib }: Opening,
  plan: TurnPlan,
): Promise<BareModel> {
  const native = await loadModel(loadLibrary({ gpu, unsafeLib }), { path, ...placement });
  try {
    const context = createContext(native, {
      cells: contextNeeded(plan),
      // A decode needs room for a token of every sequence.
      batch: Math.max(placement.batchSize, ...plan.parallel),
      sequences: Math.max(...plan.parallel),
      threads: placement.threads,
      kvType: placement.kvType,
    });
    return { decode: (round) => decodeRound(context, round), close: native.dispose };
  } catch (error) {
    native.dispose();
    throw error;
  }
}
