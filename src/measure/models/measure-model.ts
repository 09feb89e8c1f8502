/** One turn of one model: load, warm-up, quality, peak memory, speed, the long run; in that order, for a reason each. */

import type { LanguageModel } from "../../engine/index.ts";
import type { EventSink } from "../../events.ts";
import { QUALITY_TASKS } from "./bench-tasks.ts";
import { measureQuality } from "./measure-quality.ts";
import { measureSoak } from "./measure-soak.ts";
import { type BareDecode, measureSpeed, partSpeeds, type Round, type SpeedSample } from "./measure-speed.ts";
import type { ModelBenchPlan, ModelTurn } from "./model-bench.ts";
import { createStages, type Stages } from "./stages.ts";

/** llama.cpp's own speed over the same file. */
export interface BareModel {
  readonly decode: BareDecode;
  readonly close: () => void;
}

/** What one turn measures. */
export type TurnPlan = Omit<ModelBenchPlan, "repeat">;

export interface MeasureModelOptions {
  readonly plan: TurnPlan;
  readonly open: () => Promise<LanguageModel>;
  /** Opens the file once more, without our engine. */
  readonly openBare: () => Promise<BareModel>;
  /** Whether memory holds the file twice; else the bare decodes wait until our model is closed. */
  readonly fitsTwice: boolean;
  /** The most this process has held, in bytes; undefined where the system does not tell. */
  readonly peakBytes: () => number | undefined;
  readonly residentBytes: () => number;
  readonly signal?: AbortSignal | undefined;
  readonly onEvent?: EventSink | undefined;
}

/** Measures; the model is closed whatever happens. @throws as opening, CANCELLED */
export async function measureModel(options: MeasureModelOptions): Promise<ModelTurn> {
  const { plan, fitsTwice, signal } = options;
  const stages = createStages(options.onEvent);
  const before = options.residentBytes();
  const started = performance.now();
  const model = await options.open();
  const loadSeconds = (performance.now() - started) / 1000;
  try {
    // Buffers grow, pages are read and step sizes are learned: none of that belongs into a figure.
    await measureSpeed(model, { plan: warmUp(plan, 1), signal });
    const quality = await qualityOf(model, options, stages);
    // Read before a second copy of the model is opened.
    const peak = options.peakBytes();
    const memory = peak === undefined ? undefined : { peak, before };
    const { speed, rounds } = await speedOf(model, options, stages);
    const soak = await soakOf(model, options, stages);
    if (!fitsTwice) await model.close();
    return {
      loadSeconds,
      speed: fitsTwice ? speed : await addBare(options, speed, rounds),
      ...{ memory, quality, soak },
    };
  } finally {
    await model.close();
  }
}

/** One round of each measurement, with prompts that come in no other: what is cached of them must help nobody. */
function warmUp(plan: TurnPlan, round: number): TurnPlan {
  return { ...plan, seconds: 0, seed: plan.seed + 0x9e37 * round };
}

async function qualityOf(model: LanguageModel, { plan, signal }: MeasureModelOptions, stages: Stages) {
  const { items, seed } = plan;
  if (items === 0) return undefined;
  return stages.run("quality", items * QUALITY_TASKS.length, "items", (onItem) =>
    measureQuality(model, { items, seed, signal, onItem }),
  );
}

async function speedOf(model: LanguageModel, options: MeasureModelOptions, stages: Stages) {
  const { plan, signal, fitsTwice, openBare } = options;
  const rounds: Round[] = [];
  const bare = fitsTwice ? await openBare() : undefined;
  try {
    if (bare) await measureSpeed(model, { plan: warmUp(plan, 2), bare: bare.decode, signal });
    const speed = await stages.run("speed", plan.parallel.length, "measurements", (onSample) =>
      measureSpeed(model, {
        ...{ plan, signal, bare: bare?.decode, onSample },
        onRound: (round) => keepLast(rounds, round),
      }),
    );
    return { speed, rounds };
  } finally {
    bare?.close();
  }
}

async function soakOf(model: LanguageModel, options: MeasureModelOptions, stages: Stages) {
  const { plan, signal, residentBytes } = options;
  const seconds = plan.soakSeconds;
  if (seconds === 0) return undefined;
  return stages.run("soak", seconds, "seconds", (onSecond) =>
    measureSoak(model, { plan, seconds, residentBytes, signal, onSecond }),
  );
}

/** One round of each number of requests is enough to repeat. */
function keepLast(rounds: Round[], round: Round): void {
  const same = rounds.findIndex(({ prompts }) => prompts.length === round.prompts.length);
  rounds.splice(same < 0 ? rounds.length : same, same < 0 ? 0 : 1, round);
}

/** For a file that fits in memory once only: the same decodes a little later, in the same process. */
async function addBare(
  { openBare, plan, signal }: MeasureModelOptions,
  speed: readonly SpeedSample[],
  rounds: readonly Round[],
): Promise<SpeedSample[]> {
  const bare = await openBare();
  try {
    const samples: SpeedSample[] = [];
    for (const sample of speed) {
      const round = rounds.find(({ prompts }) => prompts.length === sample.parallel)!;
      // The first time is a warm-up.
      await bare.decode(round);
      signal?.throwIfAborted();
      samples.push({ ...sample, bare: partSpeeds(plan, sample.parallel, await bare.decode(round)) });
    }
    return samples;
  } finally {
    bare.close();
  }
}
