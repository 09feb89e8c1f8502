/** A program of its own, started by `bench serve`: llama.cpp's own batched decode of the work that a server gets. */

import { type LlamaModel, loadLibrary, loadModel } from "../../llama/index.ts";
import { createStages } from "../../measure/index.ts";
import { createBareDecode } from "./bare-decode.ts";
import { serveJob } from "./models-serve.ts";
import type { BareJob, BareResult } from "./serve-bare.ts";

serveJob<BareJob, BareResult>(async (job, { signal, onEvent }) => {
  const { path, placement, gpu, unsafeLib } = job.opening;
  const native = await loadModel(loadLibrary({ gpu, unsafeLib }), { path, ...placement });
  try {
    const stages = createStages(onEvent);
    const run = (unified: boolean) =>
      stages.run(unified ? "one cache" : "a cache each", job.prompts[0]!.length, "rounds", (onDone) =>
        measure(native, job, unified, { signal, onDone }),
      );
    const unified = await run(true);
    return { unified, separate: await run(false) };
  } finally {
    native.dispose();
  }
});

/** Seconds of all rounds, one request of each client in a round, after a round to warm up. */
async function measure(
  native: LlamaModel,
  { opening: { placement }, prompts, tokens }: BareJob,
  unified: boolean,
  { signal, onDone }: { signal: AbortSignal; onDone: (rounds: number) => void },
): Promise<number> {
  const first = prompts[0]!;
  const bare = createBareDecode(native, {
    ...{ clients: prompts.length, promptTokens: first[0]!.length, newTokens: tokens, unified },
    ...{ batch: placement.batchSize, threads: placement.threads, kvType: placement.kvType },
  });
  try {
    const rounds = first.map((_, request) => prompts.map((own) => own[request]!));
    await bare.round(rounds[0]!);
    let seconds = 0;
    for (const [done, round] of rounds.entries()) {
      signal.throwIfAborted();
      const { prompt, generation } = await bare.round(round);
      seconds += prompt + generation;
      onDone(done + 1);
    }
    return seconds;
  } finally {
    bare.dispose();
  }
}
