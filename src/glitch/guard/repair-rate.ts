/**
 * How many glitch tokens the guard repairs: does the model give their text back once it is written in other
 * pieces, on prompts that had no say in the verdicts? The same prompts are asked with the token itself before,
 * and with ordinary texts of the same number of pieces as controls.
 */

import type { LanguageModel } from "../../engine/index.ts";
import type { EventSink } from "../../events.ts";
import { visibleToken } from "../../visible-token.ts";
import type { MineResult } from "../evidence.ts";
import { inParallel } from "../probes/in-parallel.ts";
import { seededOrder } from "../seeded.ts";
import type { Vocabulary } from "../vocabulary.ts";
import { bannedIds } from "./banned-ids.ts";
import { compileRepairPrompts, giveBack, type SpelledText } from "./give-back.ts";
import { createGuard } from "./guard.ts";
import type { GuardVocabulary } from "./guard-vocabulary.ts";
import { type BrokenText, brokenTexts, explainBroken } from "./repair-reasons.ts";
import { type RepairSummary, summariseRepair } from "./repair-summary.ts";
import type { ControlText, RepairText } from "./repair-texts.ts";

export interface RepairOptions {
  readonly model: LanguageModel;
  /** From classifyVocabulary(). */
  readonly vocabulary: Vocabulary;
  readonly guardVocabulary: GuardVocabulary;
  /** A finished mine of this model. */
  readonly result: Pick<MineResult, "tokens">;
  readonly seed: number;
  /** Ask about so many glitch tokens at most, drawn by seed; all of them are banned. @default all */
  readonly most?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onEvent?: EventSink;
}

export interface RepairMeasure {
  readonly summary: RepairSummary;
  readonly texts: readonly RepairText[];
  readonly broken: readonly BrokenText[];
}

/** Generations in flight: a few batches' worth, far below the engine's queue. */
const IN_FLIGHT = 32;
/**
 * Normal tokens that controls are chosen from, and the most that are asked. The pool can't be used as pieces, so
 * it is a small share of the vocabulary.
 */
const CONTROL_POOL = 2_000;
const POOL_SHARE = 0.1;
const MOST_CONTROLS = 200;

/**
 * Measures the repair rate over the glitch tokens of a mine that text can become. A rewrite can only keep clear of
 * what the mine found: after a small budget it brings in pieces that are broken themselves.
 * @throws AppError CANCELLED, CONTEXT_FULL
 */
export async function measureRepair(options: RepairOptions): Promise<RepairMeasure> {
  const { model, vocabulary, guardVocabulary, result, seed, most, signal, onEvent = () => {} } = options;
  const { banned, avoid } = bannedIds(result);
  const guard = createGuard({ vocabulary: guardVocabulary, banned, avoid });
  const reachable = banned.filter((id) => vocabulary.classes[id] === "normal");
  const glitches = seededOrder(reachable, seed, "repair-texts")
    .slice(0, most)
    .sort((a, b) => a - b);
  const guarded = glitches.map((id) => {
    const { ids, unrepaired } = guard.rewrite([id]);
    return { id, text: vocabulary.texts[id]!, pieces: unrepaired.length > 0 ? undefined : ids };
  });
  const prompts = await compileRepairPrompts(model);
  const bias = new Map(banned.map((id) => [id, Number.NEGATIVE_INFINITY]));

  const ask = async (stage: string, texts: readonly SpelledText[], ban?: ReadonlyMap<number, number>) => {
    // Prompt by prompt: generations in flight then share their beginning.
    const jobs = prompts.flatMap((prompt) => texts.map((text) => ({ prompt, text })));
    const started = performance.now();
    let done = 0;
    onEvent({ type: "stage-start", stage, total: jobs.length, unit: "answers", done });
    const answers = await inParallel(jobs, IN_FLIGHT, async ({ prompt, text }) => {
      const answer = await giveBack(model, prompt, text, { ...(ban && { banned: ban }), signal });
      onEvent({ type: "stage-progress", stage, done: ++done, total: jobs.length });
      return answer;
    });
    onEvent({ type: "stage-end", stage, done, seconds: (performance.now() - started) / 1000 });
    return texts.map((_, index) => prompts.map((_, prompt) => answers[prompt * texts.length + index]!));
  };

  const chosen = chooseControls(options, guarded, [...banned, ...avoid]);
  const controlAnswers = await ask("controls", chosen, bias);
  const controls = chosen.map(({ id, ids }, index): ControlText => {
    return { id, pieces: ids, answers: controlAnswers[index]! };
  });
  const before = await ask(
    "unguarded",
    guarded.map(({ id, text }) => ({ ids: [id], text })),
  );
  const spelled = guarded.flatMap(({ pieces, text }) => (pieces ? [{ ids: pieces, text }] : []));
  const after = await ask("guarded", spelled, bias);

  let answered = 0;
  const texts = guarded.map(({ id, text, pieces }, index): RepairText => {
    const byteTokens = pieces?.filter((piece) => guardVocabulary.uses[piece] === "byte").length ?? 0;
    return {
      id,
      text: visibleToken(text),
      pieces,
      byteTokens,
      before: before[index]!,
      after: pieces ? after[answered++]! : [],
    };
  });
  const summary = summariseRepair(prompts, texts, controls);
  const pieces = [...new Set(brokenTexts(texts, summary).flatMap(({ pieces = [] }) => pieces))];
  const answers = await ask(
    "pieces",
    pieces.map((id) => ({ ids: [id], text: vocabulary.texts[id] ?? "" })),
  );
  const isKept = new Set(summary.keptPrompts);
  const working = new Set(
    pieces.filter((_, index) => answers[index]!.some(({ prompt, given }) => given && isKept.has(prompt))),
  );
  const broken = explainBroken(texts, summary, { guardVocabulary, uncertain: avoid, working });
  return { summary, texts, broken };
}

/**
 * For each guarded text, up to a number, a normal token that takes as many pieces when it is written without
 * itself. Texts that need byte tokens get controls that need none: nearly no ordinary text does.
 */
function chooseControls(
  { vocabulary, guardVocabulary, result, seed }: RepairOptions,
  guarded: readonly { id: number; pieces: readonly number[] | undefined }[],
  barred: readonly number[],
): (SpelledText & { id: number })[] {
  const normal = result.tokens
    .filter(({ verdict, class: kind }) => verdict === "normal" && kind === "normal")
    .map(({ id }) => id);
  const size = Math.min(CONTROL_POOL, Math.ceil(POOL_SHARE * normal.length));
  const pool = seededOrder(normal, seed, "repair-controls").slice(0, size);
  const byLength = new Map<number, (SpelledText & { id: number })[]>();
  const guard = createGuard({ vocabulary: guardVocabulary, banned: [...barred, ...pool] });
  for (const id of pool) {
    const { ids, unrepaired } = guard.rewrite([id]);
    if (unrepaired.length > 0 || ids.some((piece) => guardVocabulary.uses[piece] === "byte")) continue;
    const list = byLength.get(ids.length) ?? [];
    byLength.set(ids.length, list);
    list.push({ id, ids, text: vocabulary.texts[id]! });
  }
  const wanted = seededOrder(
    guarded.filter(({ pieces }) => pieces).map(({ id }) => id),
    seed,
    "repair-sample",
  ).slice(0, MOST_CONTROLS);
  const piecesOf = new Map(guarded.map(({ id, pieces }) => [id, pieces]));
  return wanted.flatMap((id) => byLength.get(piecesOf.get(id)!.length)?.pop() ?? []);
}
