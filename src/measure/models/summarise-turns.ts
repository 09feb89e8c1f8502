/** Turns of each model -> the rows of the comparison. */

import { figureOf, quantile, ratioOf } from "./figure.ts";
import type { SpeedSample } from "./measure-speed.ts";
import type {
  BenchSubject,
  ModelBench,
  ModelBenchPlan,
  ModelBenchRow,
  ModelTurn,
  ParallelSpeed,
} from "./model-bench.ts";

/** What came of a model's turns so far. */
export interface SubjectTurns {
  readonly subject: BenchSubject;
  readonly turns: ModelTurn[];
  error: { readonly code: string; readonly message: string } | undefined;
}

/** Sums up; the first model is what the others' speeds are held against. */
export function summariseTurns(
  all: readonly SubjectTurns[],
  plan: ModelBenchPlan,
  isStopped: boolean,
): ModelBench {
  const models = all.map((one) => rowOf(one, plan, one === all[0] ? undefined : all[0]));
  const isWhole = models.every(({ status }) => status === "done");
  return { status: isStopped ? "interrupted" : isWhole ? "done" : "partial", plan, models };
}

function rowOf(
  { subject, turns, error }: SubjectTurns,
  plan: ModelBenchPlan,
  first: SubjectTurns | undefined,
): ModelBenchRow {
  const memories = turns.flatMap(({ memory }) => memory ?? []);
  return {
    ...subject,
    status: error ? "failed" : turns.length < plan.repeat ? "interrupted" : "done",
    turns: turns.length,
    error,
    loadSeconds: figureOf(turns.map(({ loadSeconds }) => loadSeconds)),
    speed: turns.length === 0 ? [] : plan.parallel.map((parallel) => speedAt(parallel, turns, first?.turns)),
    peakBytes: figureOf(memories.map(({ peak }) => peak)),
    modelBytes: figureOf(memories.map(({ peak, before }) => peak - before)),
    quality: turns.find(({ quality }) => quality)?.quality ?? [],
    soak: turns.find(({ soak }) => soak)?.soak,
  };
}

function speedAt(
  parallel: number,
  turns: readonly ModelTurn[],
  firstTurns: readonly ModelTurn[] | undefined,
): ParallelSpeed {
  const at = (some: readonly ModelTurn[]): SpeedSample[] =>
    some.map(({ speed }) => speed.find((sample) => sample.parallel === parallel)!);
  const samples = at(turns);
  const figures = (part: "prompt" | "generation") => samples.map((sample) => sample[part]);
  const share = (part: "prompt" | "generation") =>
    ratioOf(
      figures(part),
      samples.map(({ bare }) => bare?.[part]),
    );
  const waits = samples.flatMap(({ ttftMs }) => ttftMs);
  return {
    parallel,
    prompt: figureOf(figures("prompt"))!,
    generation: figureOf(figures("generation"))!,
    share: { prompt: share("prompt"), generation: share("generation") },
    against:
      firstTurns &&
      ratioOf(
        figures("generation"),
        at(firstTurns).map(({ generation }) => generation),
      ),
    ttft: { median: quantile(waits, 0.5), p95: quantile(waits, 0.95), requests: waits.length },
  };
}
