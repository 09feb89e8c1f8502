/**
 * Which templates work on this model, and under which p a token has failed on each: judged on controls that
 * are not assumed to be all normal.
 */

import type { TemplateCheck } from "../evidence.ts";
import { logit, sigmoid } from "./logit.ts";
import type { CompiledTemplate } from "./probe-plan.ts";
import { fitTwoComponents } from "./two-components.ts";

/** What a control answered on one template. */
export interface ControlAnswer {
  readonly id: number;
  readonly template: string;
  readonly logp: number;
  /** Argmax = the control itself. */
  readonly passed: boolean;
}

export interface Calibration {
  readonly checks: readonly TemplateCheck[];
  /** Controls that were set aside as glitch tokens themselves. */
  readonly trimmed: readonly number[];
  /** What the reader should know: templates dropped, a fit that did not work. */
  readonly notes: readonly string[];
}

/** Share of the trimmed controls that must pass for a template to be kept. */
export const PASS_RATE = 0.9;

/**
 * If more than this share looks broken, the fit can't tell broken tokens from broken templates: nothing is
 * trimmed then. Real vocabularies have 1 to 10 % (Land and Bartolo 2024, table 1).
 */
const MOST_TRIMMED = 0.25;

/** Fewer answers than this calibrate nothing. */
const FEWEST_CONTROLS = 8;

/**
 * Calibrates all templates together.
 *
 * A control is set aside if even its best answer over all templates belongs to the lower of two groups: a
 * token that fails everywhere is no evidence against one template, one that fails here and passes there is.
 * The threshold lies one order of magnitude of odds below the weakest hundredth of those that pass, four
 * deviations below their median and no higher than the border between passing and failing controls.
 */
export function calibrate(
  templates: readonly Pick<CompiledTemplate, "id" | "prefix" | "tail">[],
  answers: readonly ControlAnswer[],
): Calibration {
  const notes: string[] = [];
  const trimmed = new Set(findTrimmed(answers, notes));
  const checks = templates.map(({ id, prefix, tail }): TemplateCheck => {
    const own = answers.filter(({ template }) => template === id);
    const kept = own.filter((answer) => !trimmed.has(answer.id));
    const passing = kept.filter(({ passed }) => passed).map(({ logp }) => logit(logp));
    const passRate = kept.length > 0 ? passing.length / kept.length : 0;
    const isKept = kept.length >= FEWEST_CONTROLS && passRate >= PASS_RATE;
    if (!isKept)
      notes.push(
        kept.length < FEWEST_CONTROLS
          ? `template "${id}" dropped: only ${kept.length} controls could be asked`
          : `template "${id}" dropped: ${percent(passRate)} of ${kept.length} controls pass, ${percent(PASS_RATE)} are needed`,
      );
    return {
      template: id,
      passRate,
      controls: kept.length,
      threshold: isKept
        ? findThreshold(
            passing,
            own.map(({ logp }) => logit(logp)),
          )
        : 0,
      kept: isKept,
      tailTokens: tail.length,
      prefixTokens: prefix.length,
    };
  });
  return { checks, trimmed: [...trimmed].sort((a, b) => a - b), notes };
}

function findTrimmed(answers: readonly ControlAnswer[], notes: string[]): number[] {
  const best = new Map<number, number>();
  for (const { id, logp } of answers)
    best.set(id, Math.max(best.get(id) ?? Number.NEGATIVE_INFINITY, logit(logp)));
  const fit = fitTwoComponents([...best.values()]);
  if (!fit) {
    notes.push("the controls form one group: none was set aside");
    return [];
  }
  const low = [...best].filter(([, value]) => value < fit.border).map(([id]) => id);
  if (low.length > MOST_TRIMMED * best.size) {
    notes.push(
      `${percent(low.length / best.size)} of the controls fail every template: the two-component fit is degenerate, none was set aside`,
    );
    return [];
  }
  return low;
}

/** @param passing logits of controls that pass; @param all those of every control */
function findThreshold(passing: readonly number[], all: readonly number[]): number {
  const sorted = [...passing].sort((a, b) => a - b);
  const median = quantile(sorted, 0.5);
  const deviations = sorted.map((value) => Math.abs(value - median)).sort((a, b) => a - b);
  const candidates = [
    quantile(sorted, 0.01) - Math.LN10,
    // 1.4826: from the median absolute deviation to the standard deviation of a normal distribution.
    median - 4 * 1.4826 * quantile(deviations, 0.5),
    fitTwoComponents(all)?.border ?? Number.POSITIVE_INFINITY,
  ];
  return sigmoid(Math.min(...candidates));
}

function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.floor(share * (sorted.length - 1))]!;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
