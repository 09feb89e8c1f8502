/** The known truth of a model that is compared: named by --truth, or lying beside the file. */

import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { AppError } from "../../errors.ts";
import { readTruth, type Truth } from "../../glitch/index.ts";

/** A truth and where it came from. */
export interface FoundTruth {
  readonly path: string;
  readonly truth: Truth;
}

/**
 * Reads X.truth.json for X.gguf, else truth.json in the same folder, as lab/study.sh leaves it.
 * @throws DATA_UNAVAILABLE if the file is no truth file
 */
export async function findTruth(model: string, given: string | undefined): Promise<FoundTruth | undefined> {
  const beside = [model.replace(/\.gguf$/, ".truth.json"), join(dirname(model), "truth.json")];
  const path = given ?? beside.find((file) => file !== model && existsSync(file));
  return path === undefined ? undefined : { path, truth: await readTruth(path) };
}

/**
 * Refuses the truth of another vocabulary: scores against it would look like scores.
 * @throws DATA_UNAVAILABLE
 */
export function checkTruth({ path, truth }: FoundTruth, model: { name: string; vocabulary: number }): Truth {
  const ids = new Set(truth.tokens.map(({ id }) => id));
  const isWhole = ids.size === model.vocabulary && truth.tokens.every(({ id }) => id < model.vocabulary);
  if (isWhole) return truth;
  throw new AppError(
    "DATA_UNAVAILABLE",
    `${path} tells of ${ids.size} tokens, ${model.name} has ${model.vocabulary}: it is the truth of another model.`,
    { hint: "Name the right file with --truth, or move this one away to score by the census alone." },
  );
}
