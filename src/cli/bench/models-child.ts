/** A program of its own, started by `bench models`: measures one model once. */

import { openLocalModel } from "../../engine/index.ts";
import { type ModelTurn, measureModel } from "../../measure/index.ts";
import { openBareModel } from "./models-bare.ts";
import type { ModelJob } from "./models-job.ts";
import { peakMemory } from "./models-memory.ts";
import { serveJob } from "./models-serve.ts";

serveJob<ModelJob, ModelTurn>(async ({ opening, plan, fitsTwice }, { signal, onEvent }) => {
  const { placement, ...rest } = opening;
  return measureModel({
    plan,
    fitsTwice,
    open: () => openLocalModel({ ...rest, ...placement, signal }),
    openBare: () => openBareModel(opening, plan),
    peakBytes: peakMemory,
    residentBytes: () => process.memoryUsage.rss(),
    signal,
    onEvent,
  });
});
