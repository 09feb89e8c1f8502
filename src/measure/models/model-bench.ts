/** What `bench models` says: plain data for tables, plots and JSON. */

import type { MemoryPrediction } from "../../models/index.ts";
import type { Figure } from "./figure.ts";
import type { TaskScore } from "./measure-quality.ts";
import type { SoakResult } from "./measure-soak.ts";
import type { SpeedPlan, SpeedSample } from "./measure-speed.ts";

/** What is measured; the same for every model. */
export interface ModelBenchPlan extends SpeedPlan {
  /** Turns that each model gets. */
  readonly repeat: number;
  /** Items of each quality task; 0 leaves quality out. */
  readonly items: number;
  /** Seconds of the long run; 0 leaves it out. */
  readonly soakSeconds: number;
}

/** Bytes that a process came to hold. */
export interface PeakMemory {
  /** The most it ever held. */
  readonly peak: number;
  /** What it held before anything of the model was opened: Node and this program. */
  readonly before: number;
}

/** One turn of one model, measured in a process of its own. */
export interface ModelTurn {
  /** From the file to a model that can be asked, warm page cache. */
  readonly loadSeconds: number;
  readonly speed: readonly SpeedSample[];
  /** Undefined where the system does not tell. */
  readonly memory: PeakMemory | undefined;
  /** In one turn only: greedy answers stay the same. */
  readonly quality: readonly TaskScore[] | undefined;
  readonly soak: SoakResult | undefined;
}

/** A model that is compared. */
export interface BenchSubject {
  /** A name that no other model of the comparison has. */
  readonly name: string;
  readonly model: { name: string; path: string; fingerprint: string; quantisation: string };
  readonly parameters: number;
  readonly fileBytes: number;
  /** Tokens of context it is opened with. */
  readonly context: number;
  /** Predicted before loading, for that context. */
  readonly estimate: MemoryPrediction;
}

/** Speed at a number of requests over all turns. */
export interface ParallelSpeed {
  readonly parallel: number;
  /** Tokens a second over all requests. */
  readonly prompt: Figure;
  readonly generation: Figure;
  /** Of llama.cpp's own batch speed in the same process; undefined with too few turns. */
  readonly share: { readonly prompt: Figure | undefined; readonly generation: Figure | undefined };
  /** Generation against the first model's, paired by turn; undefined for that model and with too few turns. */
  readonly against: Figure | undefined;
  /** Milliseconds to the first token. */
  readonly ttft: { readonly median: number; readonly p95: number; readonly requests: number };
}

/** A row of the comparison. */
export interface ModelBenchRow extends BenchSubject {
  /** failed: a turn ended with `error`; its other turns are kept. */
  readonly status: "done" | "failed" | "interrupted";
  readonly turns: number;
  readonly error: { readonly code: string; readonly message: string } | undefined;
  readonly loadSeconds: Figure | undefined;
  readonly speed: readonly ParallelSpeed[];
  /** Bytes. */
  readonly peakBytes: Figure | undefined;
  /** The peak without what the process held before, as that is what an estimate is about. */
  readonly modelBytes: Figure | undefined;
  readonly quality: readonly TaskScore[];
  readonly soak: SoakResult | undefined;
}

/** The whole comparison. */
export interface ModelBench {
  readonly status: "done" | "partial" | "interrupted";
  readonly plan: ModelBenchPlan;
  readonly models: readonly ModelBenchRow[];
}
