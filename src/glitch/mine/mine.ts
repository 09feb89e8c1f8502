/**
 * The mine: classes -> indicators -> template check -> pages of probes and validation -> verdicts. A page is
 * the unit of batch, transaction, learning and resume: what was not stored did not happen.
 */

import { AppError } from "../../errors.ts";
import type { MineResult, Verdict } from "../evidence.ts";
import { indicatorReader } from "../indicators/indicators.ts";
import type { Vocabulary } from "../vocabulary.ts";
import type { MineOptions } from "./mine-options.ts";
import { type MineKnowledge, type PreparedMine, prepareMine } from "./mine-prepare.ts";
import { createMineProgress, type MineProgress } from "./mine-progress.ts";
import { buildMineResult } from "./mine-result.ts";
import { readRows, type StoredToken, tokenRow } from "./mine-rows.ts";

/** So many failing tokens one after the other are the model's fault, not theirs. */
const ERRORS_IN_A_ROW = 32;

/**
 * Mines a model for glitch tokens within the budget. When stopped by the signal or by a request in the store,
 * what is stored is kept and the document says so; calling again with its rows gives the result that an
 * uninterrupted run would have given.
 *
 * @throws UNSUPPORTED if no template works on the model, RUN_MISMATCH if the stored rows are not this run's,
 *   errors of model and store; the run is then `failed` and can be resumed
 *
 * @example
 * const settings = mineSettings({ budget: parseBudget("5%") });
 * const writer = await store.createRun({ kind: "mine", model: model.info, settings });
 * const result = await mine({ model, settings, writer });
 */
export async function mine(options: MineOptions): Promise<MineResult> {
  const { writer, signal } = options;
  const { check, tokens } = readRows(options.stored ?? []);
  const known: MineKnowledge = { vocabulary: NOTHING_KNOWN, table: undefined, check, tokens };
  const progress = createMineProgress(options.now ?? (() => performance.now()), writer, options.onEvent);
  try {
    progress.start(options.model.info.name, tokens.size);
    const prepared = await prepareMine(options, known, progress);
    const stop = await minePages(options, prepared, tokens, progress);
    const hasErrors = [...tokens.values()].some(({ error }) => error !== undefined);
    return await finishMine(options, known, progress, stop ?? (hasErrors ? "partial" : "done"));
  } catch (error) {
    if (signal?.aborted) return await finishMine(options, known, progress, "interrupted");
    const summary = summarise([...tokens.values()]);
    // The first error is the one to tell; the store may be what failed.
    await writer.finish("failed", { seconds: progress.sinceLastPage(), summary }).catch(() => undefined);
    progress.emit({ type: "run-end", run: writer.run.id, status: "failed" });
    throw error;
  }
}

/** Mines page after page until the budget is spent; returns why it stopped before, if it did. */
async function minePages(
  { settings, writer, signal }: MineOptions,
  { limits, left, order, minePage }: PreparedMine,
  tokens: Map<number, StoredToken>,
  progress: MineProgress,
): Promise<"interrupted" | "paused" | undefined> {
  const nextPage = (done: number) => order.next(Math.min(settings.pageSize, left(done)));
  let done = await replay(nextPage, order.learn, tokens);
  let errors = 0;
  const census = { total: done + left(done), unit: "tokens", done };
  return progress.stage("census", census, async (onAnswer, setDone) => {
    while (left(done) > 0 && progress.seconds() < limits.seconds) {
      if (signal?.aborted) return "interrupted";
      const request = await writer.request();
      if (request !== "none") return request === "pause" ? "paused" : "interrupted";
      const { rows, failure } = await minePage(await nextPage(done), onAnswer);
      for (const row of rows) errors = row.error ? errors + 1 : 0;
      if (failure && errors >= ERRORS_IN_A_ROW) throw failure;
      done += rows.length;
      const summary = summarise([...tokens.values(), ...rows]);
      setDone(done, summary.glitch);
      await progress.savePage(rows.map(tokenRow), summary);
      for (const row of rows) tokens.set(row.id, row);
      order.learn(rows);
    }
    return undefined;
  });
}

async function finishMine(
  { model, settings, writer, everyToken = false }: MineOptions,
  known: MineKnowledge,
  progress: MineProgress,
  status: MineResult["status"],
): Promise<MineResult> {
  const { vocabulary, table, check, tokens } = known;
  const result = buildMineResult({
    run: writer.run.id,
    model,
    settings,
    vocabulary,
    check,
    tokens,
    indicatorsOf: indicatorReader(table),
    status,
    seconds: progress.seconds(),
    everyToken,
  });
  const summary = summarise([...tokens.values()]);
  await writer.finish(status, { seconds: progress.sinceLastPage(), summary, document: result });
  progress.emit({ type: "run-end", run: writer.run.id, status });
  return result;
}

/** Brings the order to where the stored pages left it; returns how many tokens they hold. */
async function replay(
  nextPage: (done: number) => Promise<number[]>,
  learn: (rows: StoredToken[]) => void,
  tokens: ReadonlyMap<number, StoredToken>,
): Promise<number> {
  let done = 0;
  while (done < tokens.size) {
    const page = await nextPage(done);
    const rows = page.map((id) => tokens.get(id)).filter((row) => row !== undefined);
    if (page.length === 0 || rows.length < page.length)
      throw new AppError("RUN_MISMATCH", "The stored pages are not those that this run would have made.", {
        hint: "The run was written by another version: begin a new one.",
      });
    learn(rows);
    done += page.length;
  }
  return done;
}

function summarise(tokens: readonly StoredToken[]) {
  const count = (wanted: Verdict) => tokens.filter(({ verdict }) => verdict === wanted).length;
  return {
    tested: tokens.length - count("untested"),
    glitch: count("glitch"),
    uncertain: count("uncertain"),
  };
}

const NOTHING_KNOWN: Vocabulary = {
  classes: [],
  texts: [],
  counts: { normal: 0, control: 0, byte: 0, unused: 0, undecodable: 0, unreachable: 0 },
  candidates: [],
  knownUnused: [],
};
