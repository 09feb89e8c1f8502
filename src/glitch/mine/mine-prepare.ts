/** What a mine does before its first page, and again on every resume: classes, indicators, check, order. */

import type { LanguageModel } from "../../engine/index.ts";
import { auditStrata, createAuditDraw } from "../audit/audit-draw.ts";
import { estimateGlitchTotal, type GlitchTotal } from "../audit/glitch-total.ts";
import type { IndicatorTable } from "../indicators/indicators.ts";
import { bySuspicion } from "../order/census.ts";
import { ORDER_METHODS } from "../order/methods.ts";
import type { CompiledTemplate } from "../probes/probe-plan.ts";
import { classifyVocabulary, type Vocabulary } from "../vocabulary.ts";
import { type Budget, budgetLimits, type Limits } from "./budget.ts";
import { keptPrompts, keptTemplates, planProbes, runCheck } from "./mine-check.ts";
import type { MineOptions } from "./mine-options.ts";
import { createPageMiner, type PageMiner } from "./mine-page.ts";
import type { MineProgress } from "./mine-progress.ts";
import { checkRow, type StoredCheck, type StoredToken } from "./mine-rows.ts";
import { createPagePlan, type PagePlan } from "./page-plan.ts";

/** What is known of a run so far; filled as it goes, so that an interrupted run can say what it has. */
export interface MineKnowledge {
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

  const probePlan = await planProbes(model, settings);
  if (!known.check) {
    const total = settings.controls * probePlan.templates.length;
    const check = await progress.stage("controls", { total, unit: "probes" }, (onAnswer) =>
      runCheck(model, vocabulary, probePlan, settings, { signal, onAnswer }),
    );
    for (const note of check.notes) progress.note(note);
    await progress.savePage([checkRow(check)], { tested: 0 });
    known.check = check;
  }
  const templates = keptTemplates(probePlan, known.check);
  const charge = method.charge ?? ((tokens: number) => tokens);
  const left = (done: number) => {
    let more = Math.min(vocabulary.candidates.length, limits.tokens) - done;
    while (more > 0 && charge(done + more) > limits.tokens) more--;
    return more;
  };
  const looks = { candidates: vocabulary.candidates, indicators: known.table, seed: settings.seed };
  const strata = auditStrata(bySuspicion(looks), known.table !== undefined);
  const plan = createPagePlan({
    order: method.start({
      ...looks,
      neighbours: settings.neighbours,
      adaptive,
      lookAhead: (ids) => entropies(model, templates[0]!, ids, signal),
    }),
    draw: createAuditDraw(strata, settings.seed),
    auditShare: settings.audit,
    pageSize: settings.pageSize,
    left,
  });
  known.total = () => {
    const verdicts = new Map([...known.tokens].map(([id, { verdict }]) => [id, verdict]));
    const total = estimateGlitchTotal(strata, verdicts, plan.audited());
    const tested = [...verdicts.values()].filter((verdict) => verdict !== "untested").length;
    const isWhole = tested === vocabulary.candidates.length;
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

/** Entropy of each token's answer to a template, nats. */
async function entropies(
  model: LanguageModel,
  { prefix, tail }: CompiledTemplate,
  ids: readonly number[],
  signal: AbortSignal | undefined,
): Promise<number[]> {
  const found = new Array<number>(ids.length).fill(0);
  const cases = ids.map((id) => ({ tail: [id, ...tail], target: id }));
  for await (const { index, entropy } of model.probe(prefix, cases, { signal, topK: 0 }))
    found[index] = entropy;
  return found;
}

/** Whether every candidate will be probed: then no order is better than another and nothing need be learnt. */
function coversAll({ seconds }: Budget, { tokens }: Limits, { candidates }: Vocabulary): boolean {
  return seconds === undefined && tokens === candidates.length;
}
