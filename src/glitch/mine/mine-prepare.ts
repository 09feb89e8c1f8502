/** What a mine does before its first page, and again on every resume: classes, indicators, check, order. */

import type { IndicatorTable } from "../indicators/indicators.ts";
import { ORDER_METHODS, type TokenOrder } from "../order/order.ts";
import { classifyVocabulary, type Vocabulary } from "../vocabulary.ts";
import { type Budget, budgetLimits, type Limits } from "./budget.ts";
import { keptPrompts, keptTemplates, planProbes, runCheck } from "./mine-check.ts";
import type { MineOptions } from "./mine-options.ts";
import { createPageMiner, type PageMiner } from "./mine-page.ts";
import type { MineProgress } from "./mine-progress.ts";
import { checkRow, type StoredCheck, type StoredToken } from "./mine-rows.ts";

/** What is known of a run so far; filled as it goes, so that an interrupted run can say what it has. */
export interface MineKnowledge {
  vocabulary: Vocabulary;
  table: IndicatorTable | undefined;
  check: StoredCheck | undefined;
  /** Stored tokens only: what was not stored did not happen. */
  readonly tokens: Map<number, StoredToken>;
}

/** Everything that pages need. */
export interface PreparedMine {
  readonly limits: Limits;
  readonly order: TokenOrder;
  readonly minePage: PageMiner;
}

/**
 * Fills in what is known and gets ready for pages; saves page 0 if the run has none.
 * @throws UNSUPPORTED if no template works on the model
 */
export async function prepareMine(
  options: MineOptions,
  known: MineKnowledge,
  progress: MineProgress,
): Promise<PreparedMine> {
  const { model, settings, signal, readIndicators } = options;
  const vocabulary = await classifyVocabulary(model, signal);
  known.vocabulary = vocabulary;
  const limits = budgetLimits(settings.budget, vocabulary.candidates.length);
  const adaptive = !coversAll(settings.budget, limits, vocabulary);
  const method = ORDER_METHODS.find(({ id }) => id === settings.method)!;

  if (readIndicators)
    known.table = await progress.stage("indicators", { total: model.info.vocabulary, unit: "tokens" }, () =>
      readIndicators({
        unused: vocabulary.knownUnused,
        seed: settings.seed,
        sketch: adaptive && method.id === "census",
        signal,
      }),
    );
  else if (method.usesIndicators)
    progress.note("the model's weights cannot be read here: tokens go in random order");

  const plan = await planProbes(model, settings);
  if (!known.check) {
    const total = settings.controls * plan.templates.length;
    const check = await progress.stage("controls", { total, unit: "probes" }, (onAnswer) =>
      runCheck(model, vocabulary, plan, settings, { signal, onAnswer }),
    );
    for (const note of check.notes) progress.note(note);
    await progress.savePage([checkRow(check)], { tested: 0 });
    known.check = check;
  }
  return {
    limits,
    order: method.start({
      candidates: vocabulary.candidates,
      indicators: known.table,
      seed: settings.seed,
      neighbours: settings.neighbours,
      adaptive,
    }),
    minePage: createPageMiner({
      model,
      settings,
      vocabulary,
      templates: keptTemplates(plan, known.check),
      prompts: await keptPrompts(model, known.check),
      signal,
    }),
  };
}

/** Whether every candidate will be probed: then no order is better than another and nothing need be learnt. */
function coversAll({ seconds }: Budget, { tokens }: Limits, { candidates }: Vocabulary): boolean {
  return seconds === undefined && tokens === candidates.length;
}
