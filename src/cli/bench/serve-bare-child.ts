/** A program of its own, started by `bench serve`: llama.cpp's own batched decode of the work that a server gets. */

import { createContext, type LlamaModel, loadLibrary, loadModel } from "../../llama/index.ts";
import { createStages, type Round } from "../../measure/index.ts";
import { decodeRound } from "./models-bare.ts";
import { serveJob } from "./models-serve.ts";
import type { BareJob, BareResult } from "./serve-bare.ts";

/** llama.cpp rounds a sequence's own cache up to so many cells. */
const CELL_BLOCK = 256;

serveJob<BareJob, BareResult>(async (job, { signal, onEvent }) => {
  const { path, placement, gpu, unsafeLib } = job.opening;
  const native = await loadModel(loadLibrary({ gpu, unsafeLib }), { path, ...placement });
  try {
    const rounds = job.prompts[0]!.length;
    const stages = createStages(onEvent);
    const run = (unified: boolean) =>
      stages.run(unified ? "one cache" : "a cache each", rounds, "rounds", (onDone) =>
        measure(native, job, unified, { signal, onDone }),
      );
    const unified = await run(true);
    return { unified, separate: await run(false) };
  } finally {
    native.dispose();
  }
});

/** Seconds of all rounds, one request of each client in a round. The context holds just the work. */
async function measure(
  native: LlamaModel,
  { opening, prompts, tokens }: BareJob,
  unified: boolean,
  { signal, onDone }: { signal: AbortSignal; onDone: (rounds: number) => void },
): Promise<number> {
  const { placement } = opening;
  const clients = prompts.length;
  const length = prompts[0]![0]!.length + tokens;
  const perClient = unified ? length : Math.ceil(length / CELL_BLOCK) * CELL_BLOCK;
  const context = createContext(native, {
    cells: clients * perClient,
    batch: Math.max(placement.batchSize, clients),
    sequences: clients,
    threads: placement.threads,
    kvType: placement.kvType,
    unified,
  });
  try {
    const rounds = prompts[0]!.map((_, request) => roundOf(prompts, request, tokens));
    await decodeRound(context, rounds[0]!);
    let seconds = 0;
    for (const [done, round] of rounds.entries()) {
      signal.throwIfAborted();
      const { prompt, generation } = await decodeRound(context, round);
      seconds += prompt + generation;
      onDone(done + 1);
    }
    return seconds;
  } finally {
    context.dispose();
  }
}

/** What a model answers costs the same whatever it is; the prompts' ids will do. */
function roundOf(prompts: BareJob["prompts"], request: number, tokens: number): Round {
  const asked = prompts.map((own) => own[request]!);
  return {
    prompts: asked,
    answers: asked.map((prompt) => Array.from({ length: tokens }, (_, at) => prompt[at % prompt.length]!)),
  };
}
