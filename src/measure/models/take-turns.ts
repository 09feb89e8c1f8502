/** The order of a comparison: A B A B, so that a machine that grows slower meets all models alike. */

import { AppError, isAppError } from "../../errors.ts";
import type { BenchSubject, ModelBench, ModelBenchPlan, ModelTurn } from "./model-bench.ts";
import { type SubjectTurns, summariseTurns } from "./summarise-turns.ts";

export interface TakeTurnsOptions {
  readonly subjects: readonly BenchSubject[];
  readonly plan: ModelBenchPlan;
  /** Measures one model once, in a process of its own. The first turn is that of quality and the long run. */
  readonly measure: (subject: BenchSubject, turn: number) => Promise<ModelTurn>;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Measures all models and sums up. A model that fails is a row with its error and gets no further turn; a stop
 * leaves what is done.
 * @throws CANCELLED if stopped before any turn was finished; whatever is no AppError
 */
export async function takeTurns(options: TakeTurnsOptions): Promise<ModelBench> {
  const { subjects, plan, measure, signal } = options;
  const all: SubjectTurns[] = subjects.map((subject) => ({ subject, turns: [], error: undefined }));
  for (let turn = 0; turn < plan.repeat; turn++)
    for (const one of all) {
      if (signal?.aborted || one.error) continue;
      try {
        one.turns.push(await measure(one.subject, turn));
      } catch (error) {
        if (!isAppError(error)) throw error;
        if (!signal?.aborted) one.error = { code: error.code, message: error.message };
      }
    }
  if (signal?.aborted && all.every(({ turns }) => turns.length === 0))
    throw new AppError("CANCELLED", "The comparison was stopped before the first turn was over.");
  return summariseTurns(all, plan, signal?.aborted === true);
}
