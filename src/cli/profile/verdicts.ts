/** The verdicts on one file: those that the store has, else mined now. A stopped mine is gone on with next time. */

import type { LanguageModel } from "../../engine/index.ts";
import { AppError, isAppError } from "../../errors.ts";
import type { EventSink } from "../../events.ts";
import {
  type MineResult,
  type MineSettings,
  mine,
  mineSettings,
  readIndicators,
} from "../../glitch/index.ts";
import { loadLibrary } from "../../llama/index.ts";
import type { FileVerdicts } from "../../measure/index.ts";
import { readGguf } from "../../models/index.ts";
import { openStore, type RunWriter, type Store } from "../../store/index.ts";
import { VERSION } from "../version.ts";
import type { ProfileJob } from "./job.ts";

export interface VerdictParts {
  readonly model: LanguageModel;
  readonly job: ProfileJob & { readonly mine: NonNullable<ProfileJob["mine"]> };
  readonly signal: AbortSignal;
  readonly onEvent: EventSink;
}

/** Finds or mines. @throws CANCELLED; UNSUPPORTED if no probe template works on the model */
export async function verdictsOf(parts: VerdictParts): Promise<FileVerdicts> {
  const { job, model } = parts;
  const settings = mineSettings({ budget: job.mine.budget, seed: job.seed });
  const store = await openStore({ path: job.mine.store, version: VERSION });
  try {
    const stored = await finished(store, model.info.fingerprint, settings);
    return told(stored ?? (await mineNow(store, parts, settings)));
  } finally {
    await store.close();
  }
}

/** A run is stored under its mine's settings and the engine's; only those of the mine say what was tested. */
async function finished(store: Store, fingerprint: string, settings: MineSettings) {
  const runs = await store.listRuns({ kind: "mine" });
  const same = runs.find(
    (run) => run.status === "done" && run.model.fingerprint === fingerprint && isSame(run.settings, settings),
  );
  return same && ((await store.document(same.id)) as MineResult);
}

function isSame(stored: unknown, settings: MineSettings): boolean {
  const { engine: _, ...own } = stored as Record<string, unknown>;
  return JSON.stringify(own) === JSON.stringify(settings);
}

async function mineNow(
  store: Store,
  { job, model, signal, onEvent }: VerdictParts,
  settings: MineSettings,
): Promise<MineResult> {
  const { path, placement, context, gpu, unsafeLib } = job.opening;
  const gguf = await readGguf(path);
  // As `assay mine` stores them, so that `runs resume` can go on with this run while its file is there.
  const engine = { gpu, context, batch: placement.batchSize };
  const writer = await beginOrGoOn(store, model, { ...settings, engine });
  try {
    const result = await mine({
      ...{ model, settings, writer, signal, onEvent },
      stored: await store.rows(writer.run.id),
      readIndicators: (options) => readIndicators(loadLibrary({ gpu, unsafeLib }), gguf, options),
    });
    if (result.status === "done" || result.status === "partial") return result;
    throw new AppError("CANCELLED", `The mine is ${result.status}; what is tested is saved.`);
  } finally {
    await writer.close();
  }
}

async function beginOrGoOn(
  store: Store,
  { info }: LanguageModel,
  settings: MineSettings & { engine: object },
): Promise<RunWriter> {
  const { name, path = name, fingerprint, quantisation } = info;
  const unfinished = (await store.listRuns({ kind: "mine" })).filter(
    ({ model, status }) =>
      model.fingerprint === fingerprint && (status === "interrupted" || status === "paused"),
  );
  for (const { id } of unfinished) {
    try {
      return await store.resumeRun(id, { fingerprint, settings });
    } catch (error) {
      if (!isAppError(error) || !["RUN_MISMATCH", "RUN_LOCKED"].includes(error.code)) throw error;
    }
  }
  return store.createRun({ kind: "mine", model: { name, path, fingerprint, quantisation }, settings });
}

function told({ run, tokens }: MineResult): FileVerdicts {
  const tested = tokens.filter(({ verdict }) => verdict !== "untested");
  return {
    run,
    tested: tested.map(({ id }) => id),
    glitches: tested.filter(({ verdict }) => verdict === "glitch").map(({ id, text }) => ({ id, text })),
  };
}
