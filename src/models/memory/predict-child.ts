/**
 * A program of its own, started by predictMemory(): lets llama.cpp plan a load that allocates nothing and prints
 * the prediction as JSON. In a child process, because an assertion of llama.cpp ends the process it fails in.
 */

import { isAppError } from "../../errors.ts";
import { dryLoad, loadLibrary } from "../../llama/index.ts";
import { assertLoadable } from "../gguf/legacy-experts.ts";
import { readGguf } from "../gguf/read-gguf.ts";
import { type MemoryPrediction, predictionOf } from "./memory-prediction.ts";
import type { PredictRequest } from "./predict-memory.ts";

/** What the child prints. */
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

const [request = "{}"] = process.argv.slice(2);
process.stdout.write(JSON.stringify(await predict(JSON.parse(request) as PredictRequest)));
