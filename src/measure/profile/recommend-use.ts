/** What a precision is good for, as a sentence from its figures by stated rules. */

import type { PerplexityRatio } from "./perplexity.ts";
import type { VerdictChanges } from "./verdict-changes.ts";

/** What the rules look at. */
export interface UseFigures {
  readonly type: string;
  readonly fileBytes: number;
  /** Predicted for this machine. */
  readonly memoryBytes: number;
  /** Against the best precision; undefined for that one itself, or where it could not be measured. */
  readonly ratio: PerplexityRatio | undefined;
  readonly verdicts: VerdictChanges | undefined;
}

/** The bounds, for the report to state. */
export const USE_RULES = {
  /** Perplexity may be so much higher, at the upper end of its interval, and count as equal. */
  equal: 1.01,
  /** From here on the loss, at its estimate, is large. */
  large: 1.05,
  /** Share of the compared tokens whose verdict may change before the file needs a mine of its own. */
  verdicts: 0.005,
} as const;

/** Loss of a precision against the best: by the interval, so that a short text claims little. */
export type LossGrade = "best" | "equal" | "small" | "large" | "unknown";

export function lossGrade(ratio: PerplexityRatio | undefined, isBest: boolean): LossGrade {
  if (isBest) return "best";
  if (ratio === undefined) return "unknown";
  if (ratio.high <= USE_RULES.equal) return "equal";
  return ratio.ratio >= USE_RULES.large ? "large" : "small";
}

/**
 * One sentence or two for each precision, in the order given.
 * @param machineBytes memory of this machine
 * @param best the type that the others are held against
 */
export function recommendUse(
  all: readonly UseFigures[],
  { machineBytes, best }: { machineBytes: number; best: string },
): string[] {
  const fits = (one: UseFigures) => one.memoryBytes <= machineBytes;
  const gradeOf = (one: UseFigures) => lossGrade(one.ratio, one.type === best);
  const isGood = (one: UseFigures) => ["best", "equal"].includes(gradeOf(one));
  const bySize = all.filter(fits).toSorted((a, b) => a.fileBytes - b.fileBytes);
  // One whose loss nobody knows might be good: nothing larger can be called the smallest that is.
  const unknown = bySize.findIndex((one) => gradeOf(one) === "unknown");
  const known = unknown < 0 ? bySize : bySize.slice(0, unknown);
  const choice =
    known.find(isGood) ?? (unknown < 0 ? known.find((one) => gradeOf(one) === "small") : undefined);
  return all.map((one) => {
    const use = fits(one)
      ? useOf(gradeOf(one), one === choice, all.length === 1)
      : "Does not fit into this machine's memory.";
    const changed = one.verdicts ? one.verdicts.appeared.length + one.verdicts.vanished.length : 0;
    const isMoved = one.verdicts !== undefined && changed > USE_RULES.verdicts * one.verdicts.compared;
    return isMoved ? `${use} Mine this very file for the guard: ${changed} verdicts differ.` : use;
  });
}

function useOf(grade: LossGrade, isChoice: boolean, isAlone: boolean): string {
  if (isAlone) return "Fits this machine; there is no other precision to compare with.";
  if (isChoice)
    return grade === "small"
      ? "First choice here: the smallest that fits with a small loss."
      : "First choice here: the smallest that fits without a loss that this text shows.";
  switch (grade) {
    case "best":
      return "The reference: for measuring, and for quantising again.";
    case "equal":
      return "As good as the best on this text, and larger than the first choice.";
    case "small":
      return "A small loss: where memory is short.";
    case "large":
      return "A clear loss: only where nothing larger fits.";
    case "unknown":
      return "Its loss could not be measured.";
  }
}
