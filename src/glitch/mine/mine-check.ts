/** Before the first page: which templates and prompts work on this model, judged on controls. */

import { chatFrame, type LanguageModel } from "../../engine/index.ts";
import { AppError } from "../../errors.ts";
import { type ControlAnswer, calibrate } from "../probes/calibrate.ts";
import { drawControls } from "../probes/controls.ts";
import { appliesTo, compileTemplates, type ProbePlan } from "../probes/probe-plan.ts";
import type { CalibratedTemplate } from "../probes/probe-tokens.ts";
import { chooseTemplates } from "../probes/templates.ts";
import { type CompiledPrompt, checkPrompts, compilePrompt } from "../validation/validate.ts";
import { VALIDATION_PROMPTS } from "../validation/validation-prompts.ts";
import type { Vocabulary } from "../vocabulary.ts";
import type { StoredCheck } from "./mine-rows.ts";
import type { MineSettings } from "./mine-settings.ts";

/** Normal controls that each validation prompt is tried on. */
const PROMPT_CONTROLS = 16;

/** Compiles the templates that the settings allow. */
export async function planProbes(model: LanguageModel, settings: MineSettings): Promise<ProbePlan> {
  const wanted = settings.templates ?? undefined;
  return compileTemplates(model, chooseTemplates(await chatFrame(model), wanted));
}

/** Probes the controls on every template and tries the validation prompts on those that pass. */
export async function runCheck(
  model: LanguageModel,
  vocabulary: Vocabulary,
  plan: ProbePlan,
  settings: MineSettings,
  { signal, onAnswer }: { signal?: AbortSignal | undefined; onAnswer?: () => void } = {},
): Promise<StoredCheck> {
  const textOf = (id: number) => vocabulary.texts[id] ?? "";
  const controls = drawControls(vocabulary.candidates, textOf, settings.controls, settings.seed);
  const answers: ControlAnswer[] = [];
  for (const { id: template, applies, prefix, tail } of plan.templates) {
    const asked = controls.filter((id) => appliesTo({ applies }, textOf(id)));
    const cases = asked.map((id) => ({ tail: [id, ...tail], target: id }));
    for await (const { index, logp, rank } of model.probe(prefix, cases, { signal, topK: 1 })) {
      answers.push({ id: asked[index]!, template, logp, passed: rank === 1 });
      onAnswer?.();
    }
  }
  // Answers come in any order; what is stored must not.
  answers.sort((a, b) => (a.template < b.template ? -1 : a.template > b.template ? 1 : a.id - b.id));
  const calibration = calibrate(plan.templates, answers);
  const kept = new Set(calibration.checks.filter((check) => check.kept).map(({ template }) => template));
  const passing = new Set(
    answers.filter(({ template, passed }) => passed && kept.has(template)).map(({ id }) => id),
  );
  const normal = controls.filter((id) => passing.has(id)).sort((a, b) => a - b);
  const { checks: prompts } =
    settings.validation && kept.size > 0
      ? await checkPrompts(model, spread(normal, PROMPT_CONTROLS, textOf), settings.validation, signal)
      : { checks: [] };
  const notes = [
    ...plan.left,
    ...calibration.notes,
    ...prompts
      .filter((prompt) => !prompt.kept)
      .map(
        ({ prompt, passRate }) =>
          `validation prompt "${prompt}" dropped: ${(100 * passRate).toFixed(0)} % of the controls are repeated`,
      ),
  ];
  if (settings.validation && kept.size > 0 && prompts.every((prompt) => !prompt.kept))
    notes.push("no validation prompt works on this model: verdicts rest on the probes alone");
  return { ...calibration, notes, prompts, probes: answers.length };
}

/**
 * The templates that were kept, with their thresholds.
 * @throws UNSUPPORTED if none was: then nothing may be said about any token
 */
export function keptTemplates(plan: ProbePlan, check: StoredCheck): CalibratedTemplate[] {
  const kept = plan.templates.flatMap((template) => {
    const own = check.checks.find((entry) => entry.template === template.id);
    return own?.kept ? [{ ...template, threshold: own.threshold }] : [];
  });
  if (kept.length === 0)
    throw new AppError("UNSUPPORTED", "No probe template works on this model, so no token can be judged.", {
      hint: "It may be no instruct model, or damaged: look at `assay predict` and `assay models verify`.",
      details: { templates: check.checks, notes: check.notes },
    });
  return kept;
}

/** The prompts that were kept, compiled again. */
export async function keptPrompts(model: LanguageModel, check: StoredCheck): Promise<CompiledPrompt[]> {
  const compiled = await Promise.all(
    check.prompts
      .filter(({ kept }) => kept)
      .map(({ prompt, form }) => {
        const forms = VALIDATION_PROMPTS.find(({ id }) => id === prompt)?.forms ?? [];
        const chosen = forms.find(({ id }) => id === form);
        return chosen && compilePrompt(model, prompt, chosen);
      }),
  );
  return compiled.filter((prompt) => prompt !== undefined);
}

/** Evenly spaced ids, at most `count`. */
function spread(ids: readonly number[], count: number, textOf: (id: number) => string) {
  const step = Math.max(1, ids.length / count);
  const length = Math.min(count, ids.length);
  return Array.from({ length }, (_, i) => ids[Math.floor(i * step)]!).map((id) => ({ id, text: textOf(id) }));
}
