/** `assay bench models`: every model measured in turns, each turn in a process of its own. */

import { AppError } from "../../errors.ts";
import type { EventSink } from "../../events.ts";
import { type ModelBenchPlan, type ModelTurn, type TurnPlan, takeTurns } from "../../measure/index.ts";
import type { ModelBenchOptions } from "../commands/bench.ts";
import type { CliContext, SharedOptions } from "../context.ts";
import { checkWritable } from "../write-output.ts";
import type { ModelJob } from "./models-job.ts";
import { tellModelBench } from "./models-output.ts";
import { findSubjects, type PlannedSubject, planOf } from "./models-plan.ts";
import { runInProcess } from "./models-process.ts";

/** Runs the comparison; tells the exit status. */
export async function runModelBench(
  context: CliContext,
  options: ModelBenchOptions & SharedOptions,
  models: readonly string[],
): Promise<number> {
  if (context.json && options.markdown) throw new AppError("USAGE", "Give --json or --markdown, not both.");
  checkWritable(options.report);
  const plan = planOf(context, options);
  const subjects = await findSubjects(context, options, models.length > 0 ? models : [undefined], plan);
  const bench = await takeTurns({
    subjects: subjects.map(({ subject }) => subject),
    plan,
    signal: context.signal,
    measure: ({ name }, turn) =>
      measureOnce(context, subjects.find(({ subject }) => subject.name === name)!, plan, turn),
  });
  tellModelBench(context, bench, options);
  if (bench.status === "interrupted") {
    context.terminal.note("Stopped; the figures are of the turns that were finished.");
    return 130;
  }
  return bench.status === "done" ? 0 : 1;
}

/** One turn of one model in a process of its own. */
export async function measureOnce(
  { terminal, signal }: CliContext,
  { subject, opening, fitsTwice }: PlannedSubject,
  plan: ModelBenchPlan,
  turn: number,
): Promise<ModelTurn> {
  const job: ModelJob = { opening, plan: planOfTurn(plan, turn), fitsTwice };
  const prefix = `${subject.name}, turn ${turn + 1} of ${plan.repeat}`;
  return runInProcess("./models-child", job, { signal, onEvent: prefixed(terminal.onEvent, prefix) });
}

/** Greedy answers stay what they are, and one long run is enough. */
function planOfTurn({ repeat: _, ...plan }: ModelBenchPlan, turn: number): TurnPlan {
  return turn === 0 ? plan : { ...plan, items: 0, soakSeconds: 0 };
}

/** Says whose stages they are. */
export function prefixed(onEvent: EventSink, prefix: string): EventSink {
  return (event) => onEvent("stage" in event ? { ...event, stage: `${prefix}, ${event.stage}` } : event);
}
