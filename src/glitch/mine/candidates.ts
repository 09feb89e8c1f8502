/**
 * Which ids a mine may test: glitcher's modes, as pure functions. Ids are ids and texts are texts: no mode takes
 * code points for ids. All draws hang on a seed and each id alone.
 */

import { AppError } from "../../errors.ts";
import type { IndicatorTable } from "../indicators/indicators.ts";
import { hash32, seededOrder } from "../seeded.ts";
import type { Vocabulary } from "../vocabulary.ts";
import { CATEGORY_GROUPS, type CategoryGroup, scriptOf } from "./code-points.ts";
import { stratify } from "./stratify.ts";

export const CANDIDATE_MODES = ["entropy", "range", "unicode", "special", "stratified", "category"] as const;
export type CandidateMode = (typeof CANDIDATE_MODES)[number];

/** How many of each group a sampling mode keeps. */
export interface GroupSample {
  /** Chance of each id to be kept, in (0, 1]. */
  readonly rate: number;
  /** At most so many of a group. */
  readonly most: number;
}

/** A mode with what it needs; plain JSON, stored with the run. */
export type CandidateChoice =
  /** Every normal token. */
  | { readonly mode: "entropy" }
  /** Normal tokens with start <= id < end; one group. */
  | ({ readonly mode: "range"; readonly start: number; readonly end: number } & GroupSample)
  /** Normal tokens with a character beyond ASCII, grouped by script. */
  | ({ readonly mode: "unicode" } & GroupSample)
  /** Ids that are not normal, grouped by class. */
  | ({ readonly mode: "special" } & GroupSample)
  /** So many normal tokens, spread over input norm, kind of character and length. */
  | { readonly mode: "stratified"; readonly size: number; readonly seed: number }
  /** Normal tokens with a character of a group, or blank ones; at most `size`, null: all. */
  | {
      readonly mode: "category";
      readonly group: CategoryGroup;
      readonly size: number | null;
      readonly seed: number;
    };

/** What a choice is made from. */
export interface CandidateSource {
  readonly vocabulary: Vocabulary;
  readonly indicators: IndicatorTable | undefined;
  /** The run's; stratified and category have their own. */
  readonly seed: number;
}

type Choose<M extends CandidateMode> = (
  choice: Extract<CandidateChoice, { mode: M }>,
  source: CandidateSource,
) => number[];

const MODES: { readonly [M in CandidateMode]: Choose<M> } = {
  entropy: (_, { vocabulary }) => [...vocabulary.candidates],
  range: ({ start, end, ...sample }, { vocabulary, seed }) =>
    sampleOf(
      vocabulary.candidates.filter((id) => id >= start && id < end),
      sample,
      seed,
    ),
  unicode: (sample, { vocabulary, seed }) =>
    sampleGroups(vocabulary.candidates, (id) => scriptOf(vocabulary.texts[id] ?? ""), sample, seed),
  special: (sample, { vocabulary: { classes }, seed }) =>
    sampleGroups(
      [...classes.keys()],
      (id) => (classes[id] === "normal" ? undefined : classes[id]),
      sample,
      seed,
    ),
  stratified: ({ size, seed }, { vocabulary, indicators }) =>
    stratify(vocabulary.candidates, {
      textOf: (id) => vocabulary.texts[id] ?? "",
      norms: indicators?.input.norm,
      size,
      seed,
    }),
  category: ({ group, size, seed }, { vocabulary }) => {
    const belongs = CATEGORY_GROUPS[group];
    const ids = vocabulary.candidates.filter((id) => belongs(vocabulary.texts[id] ?? ""));
    return size === null ? ids : seededOrder(ids, seed, "category").slice(0, size);
  },
};

/**
 * The ids that a choice allows, ascending.
 * @throws USAGE if there is none
 */
export function chooseCandidates(choice: CandidateChoice, source: CandidateSource): number[] {
  const choose = MODES[choice.mode] as Choose<CandidateMode>;
  const ids = choose(choice, source).sort((a, b) => a - b);
  if (ids.length === 0)
    throw new AppError("USAGE", `No token of this model fits the mode "${choice.mode}" as it is set.`, {
      hint: `The vocabulary has ${source.vocabulary.classes.length} ids; widen the range or the sample.`,
    });
  return ids;
}

/**
 * Checks the values of a choice.
 * @throws USAGE
 */
export function checkCandidates(choice: CandidateChoice): void {
  const refuse = (what: string) => new AppError("USAGE", `${what}.`);
  if (!CANDIDATE_MODES.includes(choice.mode))
    throw new AppError("USAGE", `There is no mode "${choice.mode}".`, {
      hint: `Choose from ${CANDIDATE_MODES.join(", ")}.`,
    });
  if ("start" in choice && !(Number.isSafeInteger(choice.start) && choice.start >= 0))
    throw refuse(`A range starts at an id from 0, not at ${choice.start}`);
  if ("end" in choice && !(Number.isSafeInteger(choice.end) && choice.end > choice.start))
    throw refuse(`A range from ${choice.start} ends before an id above that, not before ${choice.end}`);
  if ("rate" in choice && !(choice.rate > 0 && choice.rate <= 1))
    throw refuse(`The sample rate ${choice.rate} is not above 0 and at most 1`);
  if ("most" in choice && !(Number.isSafeInteger(choice.most) && choice.most > 0))
    throw refuse(`At most ${choice.most} tokens of a group are none`);
  if ("size" in choice && choice.size !== null && !(Number.isSafeInteger(choice.size) && choice.size > 0))
    throw refuse(`A sample of ${choice.size} tokens is none`);
  if ("group" in choice && !Object.hasOwn(CATEGORY_GROUPS, choice.group))
    throw new AppError("USAGE", `There is no group "${choice.group}".`, {
      hint: `Choose from ${Object.keys(CATEGORY_GROUPS).join(", ")}.`,
    });
}

/** Each id by its own coin, then the cap; a higher rate or cap keeps what a lower one kept. */
function sampleOf(ids: readonly number[], { rate, most }: GroupSample, seed: number): number[] {
  const kept = ids.filter((id) => hash32(seed, "sample", id) < rate * 2 ** 32);
  return seededOrder(kept, seed, "sample-cap").slice(0, most);
}

/** Samples each group; ids without one are left out. */
function sampleGroups(
  ids: readonly number[],
  groupOf: (id: number) => string | undefined,
  sample: GroupSample,
  seed: number,
): number[] {
  const groups = new Map<string, number[]>();
  for (const id of ids) {
    const group = groupOf(id);
    if (group === undefined) continue;
    const members = groups.get(group);
    if (members) members.push(id);
    else groups.set(group, [id]);
  }
  return [...groups.values()].flatMap((members) => sampleOf(members, sample, seed));
}
