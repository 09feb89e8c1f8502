/** What a mine does before its first page, and again on every resume: classes, indicators, check, order. */

import { auditStrata, createAuditDraw } from "../audit/audit-draw.ts";
import { estimateGlitchTotal, type GlitchTotal } from "../audit/glitch-total.ts";
import type { IndicatorTable } from "../indicators/indicators.ts";
import { bySuspicion } from "../order/census.ts";
import { lookAhead } from "../order/look-ahead.ts";
import { ORDER_METHODS } from "../order/methods.ts";
import { readingFor } from "../order/token-order.ts";
import { classifyVocabulary, type Vocabulary } from "../vocabulary.ts";
import { type Budget, budgetLimits, type Limits } from "./budget.ts";
import { chooseCandidates } from "./candidates.ts";
import { keptPrompts, keptTemplates, planProbes, runCheck } from "./mine-check.ts";
import type { MineOptions } from "./mine-options.ts";
import { createPageMiner, type PageMiner } from "./mine-page.ts";
import type { MineProgress } from "./mine-progress.ts";
import { checkRow, type StoredCheck, type StoredToken } from "./mine-rows.ts";
import { createPagePlan, type PagePlan } from "./page-plan.ts";

/** What is known of a run so far; filled as it goes, so that an interrupted run can say what it has. */
export interface MineKnowledge {
  /** Its candidates are those of the settings' mode. */
  vocabulary: Vocabulary;
  table: IndicatorTable | undefined;
  check: StoredCheck | undefined;
  /** Stored tokens only: what was not stored did not happen. */
  readonly tokens: Map<number, StoredToken>;
  /** Glitch tokens in the vocabulary by what is known so far; undefined until there is a sample. */
  total: () => GlitchTotal | undefined;
}

/** Everything that pages need. */
export interface PreparedMine {
  readonly limits: Limits;
  /** Tokens that may still be tested after so many were. */
  readonly left: (done: number) => number;
  readonly plan: PagePlan;
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
  const whole = await classifyVocabulary(model, signal);
  known.vocabulary = whole;
  const method = ORDER_METHODS.find(({ id }) => id === settings.method)!;
  const mayLearn = !coversAll(settings.budget, whole.candidates.length);

  if (readIndicators)
    known.table = await progress.stage("indicators", { total: model.info.vocabulary, unit: "tokens" }, () =>
      readIndicators({
        ...(mayLearn && readingFor(method)),
        unused: whole.knownUnused,
        seed: settings.seed,
        signal,
      }),
    );
  else if (method.usesIndicators)
    progress.note("the model's weights cannot be read here: tokens go in random order");

  const { seed, candidates: choice = { mode: "entropy" } } = settings;
  const candidates = chooseCandidates(choice, { vocabulary: whole, indicators: known.table, seed });
  const vocabulary = { ...whole, candidates };
  known.vocabulary = vocabulary;
  const limits = budgetLimits(settings.budget, candidates.length);
  const adaptive = !coversAll(settings.budget, candidates.length);

  const probePlan = await planProbes(model, settings);
  if (!known.check) {
    const total = settings.controls * probePlan.templates.length;
    const check = await progress.stage("controls", { total, unit: "probes" }, (onAnswer) =>
      runCheck(model, whole, probePlan, settings, { signal, onAnswer }),
    );
    for (const note of check.notes) progress.note(note);
    await progress.savePage([checkRow(check)], { tested: 0 });
    known.check = check;
  }
  const templates = keptTemplates(probePlan, known.check);
  const left = (done: number) => tokensLeft(done, limits, adaptive ? method.charge : undefined);
  const looks = { candidates, indicators: known.table, seed };
  const strata = auditStrata(bySuspicion(looks), known.table !== undefined);
  const plan = createPagePlan({
    order: method.start({
      ...looks,
      neighbours: settings.neighbours,
      adaptive,
      lookAhead: (ids) => lookAhead(model, templates[0]!, ids, signal),
      textOf: (id) => whole.texts[id] ?? "",
    }),
    draw: createAuditDraw(strata, seed),
    auditShare: settings.audit,
    pageSize: settings.pageSize,
    left,
  });
  known.total = () => {
    const verdicts = new Map([...known.tokens].map(([id, { verdict }]) => [id, verdict]));
    const total = estimateGlitchTotal(strata, verdicts, plan.audited());
    const tested = [...verdicts.values()].filter((verdict) => verdict !== "untested").length;
    const isWhole = tested === candidates.length;
    return total.audited > 0 || isWhole ? total : undefined;
  };
  return {
    limits,
    left,
    plan,
    minePage: createPageMiner({
      model,
      settings,
      vocabulary,
      templates,
      prompts: await keptPrompts(model, known.check),
      signal,
    }),
  };
}

/** Tokens that may still be tested; what a method charges counts against a budget of tokens, not of time. */
function tokensLeft(
  done: number,
  { tokens, seconds }: Limits,
  charge: ((tokens: number) => number) | undefined,
): number {
  let more = tokens - done;
  if (charge && seconds === Number.POSITIVE_INFINITY) while (more > 0 && charge(done + more) > tokens) more--;
  return more;
}

/** Whether every candidate will be probed: then no order is better than another and nothing need be learnt. */
function coversAll(budget: Budget, candidates: number): boolean {
  return budget.seconds === undefined && budgetLimits(budget, candidates).tokens === candidates;
}
