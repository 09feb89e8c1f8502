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
import type { PagePlan } from "./page-plan.ts";

/** So many failing tokens one after the other are the model's fault, not theirs. */
const ERRORS_IN_A_ROW = 32;
const ESTIMATE_EVERY_S = 1;

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
  const known: MineKnowledge = {
    vocabulary: NOTHING_KNOWN,
    table: undefined,
    check,
    tokens,
    total: () => undefined,
  };
  const progress = createMineProgress(options.now ?? (() => performance.now()), writer, options.onEvent);
  try {
    progress.start(options.model.info.name, tokens.size);
    const prepared = await prepareMine(options, known, progress);
    const stop = await minePages(options, prepared, known, progress);
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
  { writer, signal }: MineOptions,
  { limits, left, plan, minePage }: PreparedMine,
  { tokens, total }: MineKnowledge,
  progress: MineProgress,
): Promise<"interrupted" | "paused" | undefined> {
  await replay(plan, tokens);
  let done = tokens.size;
  let errors = 0;
  let estimate = total();
  let estimatedAt = progress.seconds();
  const census = { total: done + left(done), unit: "tokens", done };
  return progress.stage("census", census, async (onAnswer, setDone) => {
    while (left(done) > 0 && progress.seconds() < limits.seconds) {
      if (signal?.aborted) return "interrupted";
      const request = await writer.request();
      if (request !== "none") return request === "pause" ? "paused" : "interrupted";
      const { rows, failure } = await minePage(await plan.next(tokens), onAnswer);
      for (const row of rows) errors = row.error ? errors + 1 : 0;
      if (failure && errors >= ERRORS_IN_A_ROW) throw failure;
      done += rows.length;
      const summary = summarise([...tokens.values(), ...rows]);
      setDone(done, summary.glitch, estimate);
      await progress.savePage(rows.map(tokenRow), summary);
      for (const row of rows) tokens.set(row.id, row);
      plan.learn(tokens);
      // A wide interval takes as long as a page of a small model.
      if (progress.seconds() - estimatedAt < ESTIMATE_EVERY_S) continue;
      estimate = total();
      estimatedAt = progress.seconds();
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
  const { vocabulary, table, check, tokens, total } = known;
  const result = buildMineResult({
    run: writer.run.id,
    model,
    settings,
    vocabulary,
    check,
    tokens,
    total: total(),
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

/** Brings the plan to where the stored pages left it. */
async function replay(plan: PagePlan, stored: ReadonlyMap<number, StoredToken>): Promise<void> {
  const tested = new Map<number, StoredToken>();
  while (tested.size < stored.size) {
    const page = await plan.next(tested);
    const rows = page.map((id) => stored.get(id)).filter((row) => row !== undefined);
    if (page.length === 0 || rows.length < page.length)
      throw new AppError("RUN_MISMATCH", "The stored pages are not those that this run would have made.", {
        hint: "The run was written by another version: begin a new one.",
      });
    for (const row of rows) tested.set(row.id, row);
    plan.learn(tested);
  }
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
