/**
 * The cascade: the shortest template is asked about every token, the next only about those that failed all
 * before. One call of the model a template and page, so that it can fill its batches.
 */

import type { LanguageModel, ProbeResult } from "../../engine/index.ts";
import type { ProbeEvidence, Verdict } from "../evidence.ts";
import { isItemFailure } from "./item-failure.ts";
import { roundFigure } from "./logit.ts";
import { appliesTo, type CompiledTemplate } from "./probe-plan.ts";

/** A kept template with its calibrated threshold on p. */
export interface CalibratedTemplate extends CompiledTemplate {
  readonly threshold: number;
}

/** What the cascade says of one token. */
export interface ProbedToken {
  readonly id: number;
  readonly verdict: Verdict;
  readonly probes: readonly ProbeEvidence[];
  readonly error?: string;
}

export interface ProbeTokensOptions {
  /** Exact text of an id; decides which templates apply. */
  textOf: (id: number) => string;
  signal?: AbortSignal | undefined;
  /** Called for each token as soon as its answer on the first template is there. */
  onAnswer?: () => void;
}

/** Alternatives stored with each answer. */
const TOP = 3;

/**
 * Probes tokens on all templates as far as needed; one row for each id, in the order given.
 * @returns the rows, and the last failure behind a row with `error`
 * @throws CANCELLED, and anything that is not an AppError; other failures become rows with `error`
 */
export async function probeTokens(
  model: LanguageModel,
  templates: readonly CalibratedTemplate[],
  ids: readonly number[],
  { textOf, signal, onAnswer }: ProbeTokensOptions,
): Promise<{ tokens: ProbedToken[]; failure: Error | undefined }> {
  const evidence = new Map<number, ProbeEvidence[]>(ids.map((id) => [id, []]));
  const errors = new Map<number, Error>();
  let open = [...ids];
  for (const [index, template] of templates.entries()) {
    const asked = open.filter((id) => appliesTo(template, textOf(id)));
    if (asked.length === 0) continue;
    const answers = await askAll(model, template, asked, { signal, ...(index === 0 && { onAnswer }) });
    for (const [id, answer] of answers) {
      if (answer instanceof Error) errors.set(id, answer);
      else evidence.get(id)!.push(judge(template, id, answer));
    }
    open = open.filter((id) => !errors.has(id) && evidence.get(id)!.every(({ rank }) => rank !== 1));
  }
  const tokens = ids.map((id): ProbedToken => {
    const error = errors.get(id)?.message;
    const rows = evidence.get(id)!;
    return { id, verdict: error ? "untested" : decide(rows), probes: rows, ...(error && { error }) };
  });
  return { tokens, failure: [...errors.values()].at(-1) };
}

/** Glitch: failed every template. Normal: some template has it as its argmax. Else uncertain. */
export function decide(probes: readonly ProbeEvidence[]): Verdict {
  if (probes.length === 0) return "untested";
  if (probes.some(({ rank }) => rank === 1)) return "normal";
  return probes.every(({ failed }) => failed) ? "glitch" : "uncertain";
}

/** The template whose figures stand for the token: the one it passed, else the one that came nearest. */
export function decisiveProbe(probes: readonly ProbeEvidence[]): ProbeEvidence | undefined {
  const passed = probes.find(({ rank }) => rank === 1);
  return passed ?? [...probes].sort((a, b) => b.p - a.p)[0];
}

function judge(template: CalibratedTemplate, id: number, result: ProbeResult): ProbeEvidence {
  const isArgmax = result.top[0]?.id === id;
  return {
    template: template.id,
    p: roundFigure(result.p),
    // A tie for the first place that another id wins is not a pass.
    rank: isArgmax ? 1 : Math.max(2, result.rank),
    entropy: roundFigure(result.entropy),
    failed: !isArgmax && result.p < template.threshold,
    top: result.top.map(({ id: other, p }) => ({ id: other, p: roundFigure(p) })),
  };
}

type Answers = Map<number, ProbeResult | Error>;
type AskOptions = Pick<ProbeTokensOptions, "signal" | "onAnswer">;

/** One answer or error for each id. A page that fails as a whole is asked again token by token. */
async function askAll(
  model: LanguageModel,
  template: CompiledTemplate,
  ids: readonly number[],
  options: AskOptions,
): Promise<Answers> {
  const answers: Answers = new Map();
  try {
    await ask(model, template, ids, options, answers);
  } catch (error) {
    if (!isItemFailure(error)) throw error;
  }
  for (const id of ids) {
    if (answers.has(id)) continue;
    try {
      await ask(model, template, [id], options, answers);
      if (!answers.has(id)) answers.set(id, new Error("the model gave no answer"));
    } catch (error) {
      if (!isItemFailure(error)) throw error;
      answers.set(id, error);
    }
  }
  return answers;
}

async function ask(
  model: LanguageModel,
  { prefix, tail }: CompiledTemplate,
  ids: readonly number[],
  { signal, onAnswer }: AskOptions,
  answers: Answers,
): Promise<void> {
  const cases = ids.map((id) => ({ tail: [id, ...tail], target: id }));
  for await (const result of model.probe(prefix, cases, { signal, topK: TOP })) {
    answers.set(ids[result.index]!, result);
    onAnswer?.();
  }
}
