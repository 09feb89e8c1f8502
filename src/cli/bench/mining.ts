/** `assay bench mining`: find or take each model's census, replay every method over it, tell the comparison. */

import type { LanguageModel } from "../../engine/index.ts";
import { AppError, isAppError } from "../../errors.ts";
import { classifyVocabulary, readIndicators } from "../../glitch/index.ts";
import { loadLibrary } from "../../llama/index.ts";
import {
  type CompareOptions,
  compareMethods,
  type MiningBench,
  type ModelScores,
  meanOverModels,
  pairedDifferences,
  readCensus,
} from "../../measure/index.ts";
import { fingerprint, type Gguf } from "../../models/index.ts";
import type { Store } from "../../store/index.ts";
import type { MiningBenchOptions } from "../commands/bench.ts";
import type { CliContext, SharedOptions } from "../context.ts";
import { findModel, withModel } from "../with-model.ts";
import { withStore } from "../with-store.ts";
import { checkWritable } from "../write-output.ts";
import { fullCensus } from "./census.ts";
import { tellMiningBench } from "./mining-output.ts";
import { chooseBudgets, chooseMethods, chooseSeeds, modelLabels } from "./plan.ts";
import { checkTruth, type FoundTruth, findTruth } from "./truth.ts";

/** Runs the comparison; tells the exit status. */
export async function runMiningBench(
  context: CliContext,
  options: MiningBenchOptions & SharedOptions,
  models: readonly string[],
): Promise<number> {
  const plan = {
    methods: chooseMethods(options.methods),
    budgets: chooseBudgets(options.budgets),
    seeds: chooseSeeds(context.config.seed, options.seeds),
  };
  checkOptions(context, options, models);
  const subjects = await findSubjects(context, options, models);
  const scores: ModelScores[] = [];
  await withStore(context, async (store) => {
    for (const subject of subjects)
      scores.push(
        await withModel(context, { argument: subject.argument, options, bulk: true }, (model, gguf) =>
          compareOn(context, { store, model, gguf, subject, wanted: options.census }, plan),
        ),
      );
  }).catch((error) => {
    if (!context.signal.aborted || (isAppError(error) && error.hint !== undefined)) throw error;
    throw new AppError("CANCELLED", "The comparison was stopped; censuses that were taken are stored.", {
      hint: "The same command begins the replays anew, over these censuses.",
      cause: error,
    });
  });
  const bench: MiningBench = {
    seeds: plan.seeds,
    methods: plan.methods.map(({ id, goal, reference }) => ({ id, goal, reference })),
    models: scores,
    overall: scores.length > 1 ? meanOverModels(scores) : undefined,
    differences: scores.length > 1 ? pairedDifferences(scores) : [],
  };
  tellMiningBench(context, bench, options);
  return 0;
}

/** A model that is compared, found before the work on the first one begins. */
interface Subject {
  readonly argument: string | undefined;
  readonly label: string;
  readonly truth: FoundTruth | undefined;
}

async function findSubjects(
  context: CliContext,
  options: MiningBenchOptions & SharedOptions,
  models: readonly string[],
): Promise<Subject[]> {
  const args = models.length > 0 ? models : [undefined];
  const found: { name: string; path: string; mark: string }[] = [];
  for (const argument of args) {
    const { name, path, gguf } = await findModel(context, { argument, options });
    const mark = await fingerprint(gguf);
    const same = found.find((other) => other.mark === mark);
    // A copy would be counted as one more model that agrees.
    if (same)
      throw new AppError(
        "USAGE",
        same.path === path ? `The model ${path} is given twice.` : `${path} is a copy of ${same.path}.`,
        { hint: "A comparison over models needs different ones." },
      );
    found.push({ name, path, mark });
  }
  const labels = modelLabels(found);
  return Promise.all(
    found.map(async ({ path }, index) => ({
      argument: args[index],
      label: labels[index]!,
      truth: await findTruth(path, options.truth),
    })),
  );
}

interface Parts {
  readonly store: Store;
  readonly model: LanguageModel;
  readonly gguf: Gguf;
  readonly subject: Subject;
  readonly wanted: string | undefined;
}

async function compareOn(
  context: CliContext,
  { store, model, gguf, subject, wanted }: Parts,
  plan: Pick<CompareOptions, "methods" | "budgets" | "seeds">,
): Promise<ModelScores> {
  const { config, unsafeLib, signal, terminal } = context;
  const { name, path = name, quantisation, vocabulary: size } = model.info;
  const truth = subject.truth && checkTruth(subject.truth, { name: subject.label, vocabulary: size });
  const vocabulary = await classifyVocabulary(model, signal);
  const { candidates } = vocabulary;
  const run = await fullCensus(context, { store, model, gguf, candidates: candidates.length, wanted });
  const census = await readCensus(store, run, { fingerprint: model.info.fingerprint, candidates });
  return compareMethods({
    ...plan,
    name: subject.label,
    model: { name, path, fingerprint: model.info.fingerprint, quantisation },
    vocabulary,
    census,
    truth,
    readIndicators: (wish) => readIndicators(loadLibrary({ gpu: config.gpu, unsafeLib }), gguf, wish),
    signal,
    onEvent: terminal.onEvent,
  });
}

/** What cannot work is refused before an hour of work, not after it. */
function checkOptions(
  { json }: CliContext,
  { census, truth, report, markdown, model }: MiningBenchOptions & SharedOptions,
  models: readonly string[],
): void {
  if (json && markdown) throw new AppError("USAGE", "Give --json or --markdown, not both.");
  if (models.length > 1) {
    const single = Object.entries({ "--census": census, "--truth": truth, "--model": model });
    for (const [flag, value] of single)
      if (value !== undefined)
        throw new AppError("USAGE", `${flag} is for one model, and ${models.length} are given.`);
  }
  checkWritable(report);
}
