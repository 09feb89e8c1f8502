/** A program of its own, started by `assay profile`: what one precision costs in quality, and where its time goes. */

import { openLocalModel, type StepTimes } from "../../engine/index.ts";
import { isAppError } from "../../errors.ts";
import type { EventSink } from "../../events.ts";
import {
  createStages,
  type DepthResult,
  type FileVerdicts,
  measurePerplexity,
  measureTimes,
} from "../../measure/index.ts";
import { serveJob } from "../bench/models-serve.ts";
import type { ProfileJob } from "./job.ts";
import { verdictsOf } from "./verdicts.ts";

interface Tools {
  readonly signal: AbortSignal;
  readonly onEvent: EventSink;
}

serveJob<ProfileJob, DepthResult>(async (job, tools) => {
  const { perplexity, verdicts, notes } = await measureBulk(job, tools);
  return { perplexity, times: await measureServing(job, tools), verdicts, notes };
});

/** Many small pieces of work and nobody waiting, as `assay mine` opens a model. */
async function measureBulk(job: ProfileJob, { signal, onEvent }: Tools) {
  const { placement, ...rest } = job.opening;
  const model = await openLocalModel({
    ...{ ...rest, ...placement, signal },
    ...{ stepMs: Number.POSITIVE_INFINITY, keepTokens: 0 },
  });
  try {
    const perplexity = await createStages(onEvent).run("perplexity", 100, "%", (onDone) =>
      measurePerplexity(model, job.text, {
        signal,
        onTokens: (done, total) => onDone(Math.floor((100 * done) / total)),
      }),
    );
    let verdicts: FileVerdicts | undefined;
    const notes: string[] = [];
    const { mine } = job;
    if (mine)
      try {
        verdicts = await verdictsOf({ model, job: { ...job, mine }, signal, onEvent });
      } catch (error) {
        // A model on which no probe works has no verdicts to compare, but everything else.
        if (!isAppError(error) || error.code !== "UNSUPPORTED") throw error;
        notes.push(`No verdicts: ${error.message}`);
      }
    return { perplexity, verdicts, notes };
  } finally {
    await model.close();
  }
}

/** As a server would hold it: short steps, answers kept for later. */
async function measureServing(job: ProfileJob, { signal, onEvent }: Tools) {
  const { placement, ...rest } = job.opening;
  const steps: StepTimes[] = [];
  const model = await openLocalModel({ ...rest, ...placement, signal, onStep: (step) => steps.push(step) });
  const { parallel, promptTokens, newTokens, seed } = job;
  const plan = { parallel, promptTokens, newTokens, seed, steps, signal };
  try {
    return await createStages(onEvent).run("where time goes", 2, "runs", async () => {
      // A warm-up, with other prompts: these would be found in the cache.
      await measureTimes(model, { ...plan, seed: seed + 0x9e37, newTokens: 2 });
      return measureTimes(model, plan);
    });
  } finally {
    await model.close();
  }
}
