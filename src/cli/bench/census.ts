/** The full census that `bench mining` replays: the stored one, else one that is taken now. */

import type { LanguageModel } from "../../engine/index.ts";
import { AppError, isAppError } from "../../errors.ts";
import { mine, mineSettings, readIndicators } from "../../glitch/index.ts";
import { loadLibrary } from "../../llama/index.ts";
import { findCensus } from "../../measure/index.ts";
import type { Gguf } from "../../models/index.ts";
import type { RunRecord, RunWriter, Store } from "../../store/index.ts";
import type { CliContext } from "../context.ts";

export interface CensusParts {
  readonly store: Store;
  readonly model: LanguageModel;
  readonly gguf: Gguf;
  readonly candidates: number;
  /** Id of --census. */
  readonly wanted: string | undefined;
}

/**
 * Finds the census or takes it, as `assay mine --all` would.
 * @throws RUN_NOT_FOUND if there is no run of that name, CANCELLED if it was stopped; the next call goes on
 */
export async function fullCensus(context: CliContext, parts: CensusParts): Promise<RunRecord> {
  const { store, model, candidates, wanted } = parts;
  if (wanted !== undefined) return store.findRun(wanted);
  const stored = await findCensus(store, model.info.fingerprint, candidates);
  if (stored) return stored;
  const writer = await beginOrGoOn(context, parts);
  const isNew = writer.run.pages === 0;
  context.terminal.note(
    `${isNew ? "The store has no full census of" : "Going on with the census of"} ${model.info.name}${isNew ? ": taking one." : "."}`,
  );
  try {
    return await takeCensus(context, parts, writer);
  } finally {
    await writer.close();
  }
}

async function takeCensus(
  { config, unsafeLib, signal, terminal }: CliContext,
  { store, model, gguf }: CensusParts,
  writer: RunWriter,
): Promise<RunRecord> {
  const { id } = writer.run;
  const result = await mine({
    model,
    settings: censusSettings(config.seed),
    writer,
    stored: await store.rows(id),
    readIndicators: (options) => readIndicators(loadLibrary({ gpu: config.gpu, unsafeLib }), gguf, options),
    signal,
    onEvent: terminal.onEvent,
  });
  if (result.status === "interrupted" || result.status === "paused")
    throw new AppError(
      "CANCELLED",
      `The census is ${result.status}; ${result.counts.tested} tested tokens are saved.`,
      { hint: "The same command goes on with it.", details: { run: id } },
    );
  return store.findRun(id);
}

const censusSettings = (seed: number) => mineSettings({ seed });

/** Goes on with an unfinished census of the same settings, where the store has one that nobody works on. */
async function beginOrGoOn({ config }: CliContext, { store, model }: CensusParts): Promise<RunWriter> {
  const { name, path = name, fingerprint, quantisation } = model.info;
  const { gpu, context, batch } = config;
  // As `assay mine` stores them, so that `runs resume` can go on with this run too.
  const settings = { ...censusSettings(config.seed), engine: { gpu, context, batch } };
  const unfinished = (await store.listRuns({ kind: "mine" })).filter(
    (run) =>
      run.model.fingerprint === fingerprint && (run.status === "interrupted" || run.status === "paused"),
  );
  for (const run of unfinished) {
    try {
      return await store.resumeRun(run.id, { fingerprint, settings });
    } catch (error) {
      if (!isAppError(error) || !["RUN_MISMATCH", "RUN_LOCKED"].includes(error.code)) throw error;
    }
  }
  return store.createRun({ kind: "mine", model: { name, path, fingerprint, quantisation }, settings });
}
