/**
 * A program of its own, started by predictMemory(): lets llama.cpp plan a load that allocates nothing and tells
 * the prediction. In a child process, because an assertion of llama.cpp ends the process it fails in.
 */

import { isAppError } from "../../errors.ts";
import { dryLoad, loadLibrary } from "../../llama/index.ts";
import { assertLoadable } from "../gguf/legacy-experts.ts";
import { readGguf } from "../gguf/read-gguf.ts";
import { type MemoryPrediction, predictionOf } from "./memory-prediction.ts";
import type { PredictRequest } from "./predict-memory.ts";

/** What the child answers. */
export type PredictReply =
  | { readonly prediction: MemoryPrediction }
  | { readonly error: { code: string; message: string } };

async function predict(request: PredictRequest): Promise<PredictReply> {
  const { path, placement, gpu, unsafeLib } = request;
  try {
    const gguf = await readGguf(path);
    assertLoadable(gguf);
    const plan = dryLoad(loadLibrary({ gpu, unsafeLib }), request);
    return { prediction: predictionOf(gguf, plan, placement.mmap && !placement.mlock) };
  } catch (error) {
    if (!isAppError(error)) throw error;
    return { error: { code: error.code, message: error.message } };
  }
}

// The parent asks once and ends with the answer; one that is gone has closed the channel.
process.once("message", async (request: PredictRequest) => {
  const reply = await predict(request);
  process.send?.(reply, () => process.disconnect());
});
