/**
 * The mine: classes -> indicators -> template check -> pages of probes and validation -> verdicts. A page is
 * the unit of batch, transaction, learning and resume: what was not stored did not happen.
 */

import type { LanguageModel } from "../engine/index.ts";
import { AppError } from "../errors.ts";
import type { EventSink } from "../events.ts";
import type { PageRow, RunWriter } from "../store/index.ts";
import { budgetLimits } from "./budget.ts";
import type { MineResult } from "./evidence.ts";
import { type IndicatorTable, indicatorReader, type ReadIndicatorsOptions } from "./indicators.ts";
import { keptPrompts, keptTemplates, planProbes, runCheck } from "./mine-check.ts";
import { createPageMiner } from "./mine-page.ts";
import { createMineProgress } from "./mine-progress.ts";
import { buildMineResult } from "./mine-result.ts";
import { checkRow, readRows, type StoredToken, tokenRow } from "./mine-rows.ts";
import type { MineSettings } from "./mine-settings.ts";
import { ORDER_METHODS } from "./order.ts";
import { classifyVocabulary, type Vocabulary } from "./vocabulary.ts";

export interface MineOptions {
  model: LanguageModel;
  settings: MineSettings;
  /** The right to write to this mine's run; closed by the caller. */
  writer: RunWriter;
  /** Rows of earlier sittings, as the store gives them. @default none: a new run */
  stored?: readonly PageRow[];
  /** Measures the weights, e.g. `(o) => readIndicators(library, gguf, o)`. Without it the order is random. */
  readIndicators?: (options: ReadIndicatorsOptions) => Promise<IndicatorTable>;
  signal?: AbortSignal | undefined;
  onEvent?: EventSink;
  /** List untested tokens in the document too. @default false */
  everyToken?: boolean;
  /** Milliseconds, for times only. @default performance.now */
  now?: () => number;
}

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
  const { model, settings, writer, signal } = options;
  const { check: storedCheck, tokens } = readRows(options.stored ?? []);
  const progress = createMineProgress(options.now ?? (() => performance.now()), writer, options.onEvent);
  let check = storedCheck;
  let vocabulary: Vocabulary = NOTHING_KNOWN;
  let table: IndicatorTable | undefined;

  const finish = async (status: MineResult["status"]): Promise<MineResult> => {
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
      everyToken: options.everyToken ?? false,
    });
    await writer.finish(status, {
      seconds: progress.sinceLastPage(),
      summary: summarise(tokens),
      document: result,
    });
    progress.emit({ type: "run-end", run: writer.run.id, status });
    return result;
  };

  try {
    progress.start(model.info.name, tokens.size);
    vocabulary = await classifyVocabulary(model, signal);
    const limits = budgetLimits(settings.budget, vocabulary.candidates.length);
    const adaptive = limits.tokens < vocabulary.candidates.length || Number.isFinite(limits.seconds);
    const method = ORDER_METHODS.find(({ id }) => id === settings.method)!;
    const { readIndicators } = options;
    if (readIndicators)
      table = await progress.stage("indicators", { total: model.info.vocabulary, unit: "tokens" }, () =>
        readIndicators({
          unused: vocabulary.knownUnused,
          seed: settings.seed,
          sketch: adaptive && method.id === "census",
          signal,
        }),
      );
    if (!table && method.usesIndicators)
      progress.note("the model has no readable weights: tokens go in random order");

    const plan = await planProbes(model, settings);
    if (!check) {
      const total = settings.controls * plan.templates.length;
      check = await progress.stage("controls", { total, unit: "probes" }, (onAnswer) =>
        runCheck(model, vocabulary, plan, settings, { signal, onAnswer }),
      );
      for (const note of check.notes) progress.note(note);
      await progress.savePage([checkRow(check)], summarise(tokens));
    }
    const minePage = createPageMiner({
      model,
      settings,
      vocabulary,
      templates: keptTemplates(plan, check),
      prompts: await keptPrompts(model, check),
      signal,
    });

    const order = method.start({
      candidates: vocabulary.candidates,
      indicators: table,
      seed: settings.seed,
      adaptive,
    });
    const nextPage = (done: number) => order.next(Math.min(settings.pageSize, limits.tokens - done));
    let done = replay(nextPage, order.learn, tokens);
    let errors = 0;
    const census = { total: limits.tokens, unit: "tokens", done };
    const stop = await progress.stage("census", census, async (onAnswer, setDone) => {
      while (done < limits.tokens && progress.seconds() < limits.seconds) {
        if (signal?.aborted) return "interrupted";
        const request = await writer.request();
        if (request !== "none") return request === "pause" ? "paused" : "interrupted";
        const { rows, failure } = await minePage(nextPage(done), onAnswer);
        for (const row of rows) errors = row.error ? errors + 1 : 0;
        if (failure && errors >= ERRORS_IN_A_ROW) throw failure;
        for (const row of rows) tokens.set(row.id, row);
        done += rows.length;
        setDone(done, summarise(tokens).glitch);
        await progress.savePage(rows.map(tokenRow), summarise(tokens));
        order.learn(rows);
      }
      return undefined;
    });
    const hasErrors = [...tokens.values()].some(({ error }) => error !== undefined);
    return await finish(stop ?? (hasErrors ? "partial" : "done"));
  } catch (error) {
    if (signal?.aborted) return await finish("interrupted");
    // The first error is the one to tell; the store may be what failed.
    await writer
      .finish("failed", { seconds: progress.sinceLastPage(), summary: summarise(tokens) })
      .catch(() => undefined);
    progress.emit({ type: "run-end", run: writer.run.id, status: "failed" });
    throw error;
  }
}

/** Brings the order to where the stored pages left it; returns how many tokens they hold. */
function replay(
  nextPage: (done: number) => number[],
  learn: (rows: StoredToken[]) => void,
  tokens: ReadonlyMap<number, StoredToken>,
): number {
  let done = 0;
  while (done < tokens.size) {
    const page = nextPage(done);
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

function summarise(tokens: ReadonlyMap<number, StoredToken>) {
  const all = [...tokens.values()];
  const count = (verdict: string) => all.filter((token) => token.verdict === verdict).length;
  return { tested: all.length - count("untested"), glitch: count("glitch"), uncertain: count("uncertain") };
}

const NOTHING_KNOWN: Vocabulary = {
  classes: [],
  texts: [],
  counts: { normal: 0, control: 0, byte: 0, unused: 0, undecodable: 0, unreachable: 0 },
  candidates: [],
  knownUnused: [],
};
