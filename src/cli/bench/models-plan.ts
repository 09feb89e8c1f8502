/** What `bench models` was asked for: checked, and every model found, before any work begins. */

import { statSync } from "node:fs";
import { AppError } from "../../errors.ts";
import { type BenchSubject, contextNeeded, type ModelBenchPlan } from "../../measure/index.ts";
import { visibleToken } from "../../visible-token.ts";
import type { ModelBenchOptions } from "../commands/bench.ts";
import type { CliContext, SharedOptions } from "../context.ts";
import { findModel } from "../with-model.ts";
import type { Opening } from "./models-job.ts";
import { openingOf } from "./models-opening.ts";
import { modelLabels } from "./plan.ts";

/** A measurement goes on for so long at least: on a small model a single round is over in a blink. */
const SECONDS = 1;
/** More requests than sequences that llama.cpp can hold beside those of probes. */
const MOST_PARALLEL = 64;

/** The plan of the flags. @throws USAGE */
export function planOf(
  { config }: CliContext,
  { parallel, repeat, items, soak, promptTokens, newTokens }: ModelBenchOptions,
): ModelBenchPlan {
  return {
    parallel: chooseParallel(parallel),
    ...{ repeat, items, promptTokens, newTokens },
    soakSeconds: soak === undefined ? 0 : chooseSeconds(soak),
    seconds: SECONDS,
    seed: config.seed,
  };
}

/** Numbers of requests, ascending, each once. @throws USAGE */
export function chooseParallel(text: string): number[] {
  const numbers = text.split(",").map((part) => (/^\s*\d{1,9}\s*$/.test(part) ? Number(part) : Number.NaN));
  if (!numbers.every((number) => number >= 1 && number <= MOST_PARALLEL))
    throw new AppError("USAGE", `--parallel takes whole numbers from 1 to ${MOST_PARALLEL}, not "${text}".`, {
      hint: "Write some, such as 1,4,8.",
    });
  return [...new Set(numbers)].sort((a, b) => a - b);
}

/** A time such as "90s" or "10m" in seconds. @throws USAGE */
export function chooseSeconds(text: string): number {
  const match = /^(\d{1,6})(s|m|h|)$/.exec(text.trim());
  const seconds = Number(match?.[1]) * { s: 1, m: 60, h: 3600 }[(match?.[2] || "s") as "s" | "m" | "h"];
  if (seconds >= 1) return seconds;
  throw new AppError("USAGE", `--soak takes a time, not "${text}".`, {
    hint: 'Write one, such as "60s" or "10m".',
  });
}

/** A model with how it is opened. */
export interface PlannedSubject {
  readonly subject: BenchSubject;
  readonly opening: Opening;
  /** Whether memory holds the model twice, so that llama.cpp's own speed is measured in between. */
  readonly fitsTwice: boolean;
}

/**
 * Finds all models.
 * @throws MODEL_NOT_FOUND, MODEL_INVALID, OUT_OF_MEMORY, USAGE for a model that is given twice
 */
export async function findSubjects(
  context: CliContext,
  options: SharedOptions,
  models: readonly (string | undefined)[],
  plan: ModelBenchPlan,
): Promise<PlannedSubject[]> {
  const found = await findAll(context, options, models);
  const labels = modelLabels(found.map(({ model }) => model));
  const planned: PlannedSubject[] = [];
  const { memoryFacts } = await import("../../models/index.ts");
  for (const [index, { model, mark }] of found.entries()) {
    const { opening, estimate, description } = await openingOf(context, model, contextNeeded(plan));
    const { quantisation, parameters } = description;
    planned.push({
      subject: {
        // The name of a file can hold anything, and goes to the terminal.
        name: visibleToken(labels[index]!),
        model: { name: model.name, path: model.path, fingerprint: mark, quantisation },
        parameters,
        fileBytes: model.gguf.fileSize,
        context: opening.context,
        estimate,
      },
      opening,
      fitsTwice: 2 * estimate.total < memoryFacts().available && estimate.gpus.length === 0,
    });
  }
  return planned;
}

/** Folders last: one may have to be converted, and a name that is wrong must not wait for that. */
async function findAll(context: CliContext, options: SharedOptions, models: readonly (string | undefined)[]) {
  const { fingerprint } = await import("../../models/index.ts");
  const found: { place: number; model: Awaited<ReturnType<typeof findModel>>; mark: string }[] = [];
  const places = models.map((argument, place) => ({ argument, place, isFolder: isFolder(argument) }));
  for (const { argument, place } of places.sort((a, b) => Number(a.isFolder) - Number(b.isFolder))) {
    const model = await findModel(context, { argument, options });
    const mark = await fingerprint(model.gguf);
    const same = found.find((other) => other.mark === mark);
    if (same) {
      const isSame = same.model.path === model.path;
      throw new AppError(
        "USAGE",
        visibleToken(
          isSame
            ? `The model ${model.path} is given twice.`
            : `${model.path} is a copy of ${same.model.path}.`,
        ),
        { hint: "A comparison needs different models; --repeat measures one several times." },
      );
    }
    found.push({ place, model, mark });
  }
  return found.sort((a, b) => a.place - b.place);
}

function isFolder(path: string | undefined): boolean {
  return path !== undefined && statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}
