/** `assay profile`: one model across precisions; speed in turns, then quality, verdicts and times of each. */

import { resolve } from "node:path";
import { isAppError } from "../../errors.ts";
import { parseBudget } from "../../glitch/index.ts";
import {
  contextNeeded,
  type DepthResult,
  type ModelBenchPlan,
  profileOf,
  type TypeParts,
  takeTurns,
} from "../../measure/index.ts";
import { describeModel, fingerprint, memoryFacts } from "../../models/index.ts";
import { visibleToken } from "../../visible-token.ts";
import { measureOnce, prefixed } from "../bench/models.ts";
import { openingOf } from "../bench/models-opening.ts";
import { chooseParallel, type PlannedSubject } from "../bench/models-plan.ts";
import { runInProcess } from "../bench/models-process.ts";
import type { ProfileOptions } from "../commands/profile.ts";
import type { CliContext, SharedOptions } from "../context.ts";
import { findModel } from "../with-model.ts";
import { checkWritable } from "../write-output.ts";
import { chooseTypes, makeFile, possibleTypes, removeMade, type TypeFile } from "./files.ts";
import type { ProfileJob } from "./job.ts";
import { tellProfile } from "./output.ts";
import { readText } from "./text.ts";

/** Runs the profile; tells the exit status. */
export async function runProfile(
  context: CliContext,
  options: ProfileOptions & SharedOptions,
  argument: string | undefined,
): Promise<number> {
  checkWritable(options.report);
  const wanted = chooseTypes(options.types);
  const plan = planOf(context, options);
  const budget = options.budget === "none" ? undefined : parseBudget(options.budget);
  const text = readText(options.text);
  const source = await findModel(context, { argument, options });
  const { quantisation } = describeModel(source.gguf);
  const { types, note } = possibleTypes(quantisation, wanted);
  if (note !== undefined) context.terminal.note(note);
  const files: TypeFile[] = [];
  try {
    for (const type of types) files.push(await makeFile(context, source, type));
    const job = {
      ...{ text: text.text, seed: plan.seed, promptTokens: plan.promptTokens, newTokens: plan.newTokens },
      parallel: Math.max(...plan.parallel),
      mine: budget && { store: resolve(context.config.store), budget },
    };
    const parts = await measureAll(context, files, plan, job);
    const profile = profileOf(
      {
        model: visibleToken(source.name),
        source: { path: source.path, quantisation },
        text: { name: visibleToken(text.name), characters: text.text.length },
        budget: budget && options.budget,
        notes: note === undefined ? [] : [note],
      },
      parts,
      { plan, machineBytes: memoryFacts().total, isStopped: context.signal.aborted },
    );
    tellProfile(context, profile, options);
    if (profile.status === "interrupted") {
      context.terminal.note("Stopped; the same command goes on with a mine that was begun.");
      return 130;
    }
    return profile.status === "done" ? 0 : 1;
  } finally {
    if (options.keep !== true) removeMade(files);
  }
}

function planOf({ config }: CliContext, options: ProfileOptions): ModelBenchPlan {
  const { parallel, repeat, promptTokens, newTokens } = options;
  return {
    parallel: chooseParallel(parallel),
    ...{ repeat, promptTokens, newTokens, seed: config.seed },
    ...{ seconds: 1, items: 0, soakSeconds: 0 },
  };
}

/** Speed of all in turns, then each in depth; a precision that fails is a part with its error. */
async function measureAll(
  context: CliContext,
  files: readonly TypeFile[],
  plan: ModelBenchPlan,
  job: Omit<ProfileJob, "opening">,
): Promise<TypeParts[]> {
  const { signal, terminal } = context;
  const planned: PlannedSubject[] = [];
  for (const file of files) planned.push(await planFile(context, file, plan));
  const { models } = await takeTurns({
    ...{ subjects: planned.map(({ subject }) => subject), plan, signal },
    measure: ({ name }, turn) =>
      measureOnce(context, planned.find(({ subject }) => subject.name === name)!, plan, turn),
  });
  const parts: TypeParts[] = [];
  for (const [index, { subject, opening }] of planned.entries()) {
    const part = { type: subject.name, row: models[index]!, depth: undefined, error: undefined };
    if (signal.aborted || part.row.status === "failed") {
      parts.push(part);
      continue;
    }
    try {
      const depth = await runInProcess<DepthResult>(
        "../profile/child",
        { ...job, opening } satisfies ProfileJob,
        {
          signal,
          onEvent: prefixed(terminal.onEvent, subject.name),
        },
      );
      parts.push({ ...part, depth });
    } catch (error) {
      if (!isAppError(error)) throw error;
      const { code, message } = error;
      parts.push(signal.aborted ? part : { ...part, error: { code, message } });
    }
  }
  return parts;
}

async function planFile(
  context: CliContext,
  { type, model }: TypeFile,
  plan: ModelBenchPlan,
): Promise<PlannedSubject> {
  const { opening, estimate, description } = await openingOf(context, model, contextNeeded(plan));
  return {
    subject: {
      name: type,
      model: {
        name: model.name,
        path: model.path,
        fingerprint: await fingerprint(model.gguf),
        quantisation: description.quantisation,
      },
      parameters: description.parameters,
      fileBytes: model.gguf.fileSize,
      context: opening.context,
      estimate,
    },
    opening,
    fitsTwice: 2 * estimate.total < memoryFacts().available && estimate.gpus.length === 0,
  };
}
