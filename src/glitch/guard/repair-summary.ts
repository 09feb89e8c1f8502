/** What the answers of a repair measure come to: prompts kept, shares and their intervals. */

import type { CompiledPrompt } from "../validation/validate.ts";
import { type Interval, wilsonInterval } from "../wilson.ts";
import type { ControlText, RepairText } from "./repair-texts.ts";

/** How one prompt did on the control texts. */
export interface RepairPromptCheck {
  readonly prompt: string;
  readonly passRate: number;
  readonly controls: number;
  readonly kept: boolean;
}

/** A share with its Wilson interval, and the counts behind it. */
export interface RepairShare extends Interval {
  readonly hits: number;
  readonly of: number;
}

/** Shares of some texts; a text is repaired if most of the kept prompts give it back. */
export interface RepairGroup {
  readonly repaired: RepairShare;
  /** The same by the strictest rule: given back on every kept prompt. */
  readonly everyPrompt: RepairShare;
}

export interface RepairSummary {
  readonly prompts: readonly RepairPromptCheck[];
  readonly keptPrompts: readonly string[];
  /** The same texts with the glitch token itself. */
  readonly unguarded: RepairGroup;
  readonly guarded: RepairGroup;
  readonly withoutByteTokens: RepairGroup;
  readonly withByteTokens: RepairGroup;
  /** Guarded texts in which an id stands more than once, and those in which none does. */
  readonly repeating: RepairGroup;
  readonly distinct: RepairGroup;
  /** Ordinary texts in as many pieces: what this model can do at most. */
  readonly controls: RepairGroup;
  readonly byPieces: readonly { pieces: number; guarded: RepairShare; controls: RepairShare }[];
}

/** Share of the controls that must be given back for a prompt to be kept; as for probe templates. */
const PASS_RATE = 0.9;

interface Answers {
  readonly answers: readonly { prompt: string; given: boolean }[];
}

/** Draws the sum. Texts that can't be written without the token count as not repaired. */
export function summariseRepair(
  prompts: readonly Pick<CompiledPrompt, "id">[],
  texts: readonly RepairText[],
  controls: readonly ControlText[],
): RepairSummary {
  const checks = prompts.map(({ id }): RepairPromptCheck => {
    const passed = controls.filter(({ answers }) =>
      answers.some((it) => it.prompt === id && it.given),
    ).length;
    const passRate = controls.length > 0 ? passed / controls.length : 0;
    return { prompt: id, passRate, controls: controls.length, kept: passRate >= PASS_RATE };
  });
  const keptPrompts = checks.filter(({ kept }) => kept).map(({ prompt }) => prompt);
  const group = (some: readonly Answers[]): RepairGroup => ({
    repaired: share(some, (it) => isRepaired(it.answers, keptPrompts)),
    everyPrompt: share(some, ({ answers }) => {
      return keptPrompts.length > 0 && countGiven(answers, keptPrompts) === keptPrompts.length;
    }),
  });
  const after = (some: readonly RepairText[]) => group(some.map((text) => ({ answers: text.after })));
  const lengths = [...new Set(texts.map(({ pieces }) => pieces?.length ?? 0))].sort((a, b) => a - b);
  return {
    prompts: checks,
    keptPrompts,
    unguarded: group(texts.map(({ before }) => ({ answers: before }))),
    guarded: after(texts),
    withoutByteTokens: after(texts.filter(({ byteTokens, pieces }) => pieces && byteTokens === 0)),
    withByteTokens: after(texts.filter(({ byteTokens }) => byteTokens > 0)),
    repeating: after(texts.filter(({ pieces }) => pieces && repeats(pieces))),
    distinct: after(texts.filter(({ pieces }) => pieces && !repeats(pieces))),
    controls: group(controls),
    byPieces: lengths
      .filter((pieces) => pieces > 0)
      .map((pieces) => ({
        pieces,
        guarded: after(texts.filter((text) => text.pieces?.length === pieces)).repaired,
        controls: group(controls.filter((control) => control.pieces.length === pieces)).repaired,
      })),
  };
}

/** Whether an id stands more than once. */
export function repeats(ids: readonly number[]): boolean {
  return new Set(ids).size < ids.length;
}

/** Whether most of the kept prompts gave the text back. */
export function isRepaired(answers: Answers["answers"], keptPrompts: readonly string[]): boolean {
  return countGiven(answers, keptPrompts) * 2 > keptPrompts.length;
}

function countGiven(answers: Answers["answers"], keptPrompts: readonly string[]): number {
  return answers.filter(({ prompt, given }) => given && keptPrompts.includes(prompt)).length;
}

function share(some: readonly Answers[], isHit: (one: Answers) => boolean): RepairShare {
  const hits = some.filter(isHit).length;
  return { hits, of: some.length, ...wilsonInterval(hits, some.length) };
}
