/** The checks of a model file, for `doctor MODEL` and `models verify`, with their progress. */

import { isAppError } from "../../errors.ts";
import type { CliContext } from "../context.ts";
import type { LocatedFile } from "../models/locate-file.ts";
import { showStages } from "../models/make-file.ts";
import { checkMemory } from "./memory-check.ts";
import type { Check } from "./print-checks.ts";

export interface ModelChecksOptions {
  /** Hashes the whole file. */
  readonly hash?: boolean | undefined;
}

const UNITS = {
  scales: { unit: "tensors", divisor: 1 },
  hash: { unit: "MB", divisor: 1e6 },
};

/**
 * The file, then the memory that it will take; of a file that does not read there is nothing to predict.
 * @throws AppError CANCELLED
 */
export async function* modelChecks(
  context: CliContext,
  { path, entry }: LocatedFile,
  { hash }: ModelChecksOptions = {},
): AsyncGenerator<Check> {
  const { verifyModel } = await import("../../models/index.ts");
  const { signal, config } = context;
  const stages = showStages(context, UNITS);
  const { onProgress } = stages;
  let isRead = false;
  try {
    for await (const check of verifyModel(path, { hash, entry, signal, seed: config.seed, onProgress })) {
      stages.end();
      // The first check that comes after the header, whatever it says, is of a file that reads.
      isRead ||= check.id === "tokenizer";
      yield check;
    }
  } finally {
    stages.end();
  }
  if (!isRead) return;
  try {
    yield { id: "memory", ...(await checkMemory(context, path)) };
  } catch (error) {
    if (!isAppError(error) || error.code === "CANCELLED") throw error;
    yield { id: "memory", status: "fail", message: error.message, hint: error.hint };
  }
}
