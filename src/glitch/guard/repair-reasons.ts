/** Why a guarded text stays broken, as far as asking the model can tell. */

import type { GuardVocabulary } from "./guard-vocabulary.ts";
import { isRepaired, type RepairSummary, repeats } from "./repair-summary.ts";
import type { RepairText } from "./repair-texts.ts";

/** From the plainest cause to none; a text may have several. */
export const REPAIR_REASONS = {
  unwritable: "the text cannot be written without a banned id",
  "byte-token": "it needs a byte token that the model cannot give back by itself",
  "uncertain-piece": "a piece of it is itself uncertain",
  "weak-piece": "a piece of it is not given back by itself",
  "repeated-id": "an id stands twice in it, and such texts fail more often than others",
  length: "ordinary texts in as many pieces fail as well",
  unexplained: "every piece works by itself, and so do ordinary texts of this length",
} as const;
export type RepairReason = keyof typeof REPAIR_REASONS;

export interface BrokenText {
  readonly id: number;
  readonly text: string;
  readonly pieces: readonly number[];
  readonly reasons: readonly RepairReason[];
  /** What came instead, by prompt. */
  readonly replies: Readonly<Record<string, string>>;
}

/** Of ordinary texts of one length at least this share must be given back, or the length is a reason. */
const PASS_RATE = 0.9;

export interface ExplainOptions {
  readonly guardVocabulary: GuardVocabulary;
  readonly uncertain: readonly number[];
  /** Pieces of broken texts that some kept prompt gives back when they stand alone. */
  readonly working: ReadonlySet<number>;
}

/** The texts that are not repaired. */
export function brokenTexts(
  texts: readonly RepairText[],
  { keptPrompts }: Pick<RepairSummary, "keptPrompts">,
): RepairText[] {
  return texts.filter(({ after }) => !isRepaired(after, keptPrompts));
}

/** Explains every text that is not repaired. */
export function explainBroken(
  texts: readonly RepairText[],
  summary: RepairSummary,
  { guardVocabulary, uncertain, working }: ExplainOptions,
): BrokenText[] {
  const { byPieces, repeating, distinct } = summary;
  // Said only where the intervals are apart: a long text repeats an id more easily, and may fail for its length.
  const repeatingFails = repeating.repaired.high < distinct.repaired.low;
  return brokenTexts(texts, summary).map(({ id, text, pieces = [], after }) => {
    const isByte = (piece: number) => guardVocabulary.uses[piece] === "byte";
    const length = byPieces.find((entry) => entry.pieces === pieces.length)?.controls;
    const holds: Partial<Record<RepairReason, boolean>> = {
      unwritable: pieces.length === 0,
      "byte-token": pieces.some((piece) => isByte(piece) && !working.has(piece)),
      "uncertain-piece": pieces.some((piece) => uncertain.includes(piece)),
      "weak-piece": pieces.some((piece) => !isByte(piece) && !working.has(piece)),
      "repeated-id": repeatingFails && repeats(pieces),
      length: length !== undefined && length.of > 0 && length.estimate < PASS_RATE,
    };
    const reasons = (Object.keys(REPAIR_REASONS) as RepairReason[]).filter((reason) => holds[reason]);
    return {
      id,
      text,
      pieces,
      reasons: reasons.length > 0 ? reasons : ["unexplained"],
      replies: Object.fromEntries(after.map(({ prompt, reply }) => [prompt, reply])),
    };
  });
}
