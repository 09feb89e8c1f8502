/** Flags that choose which tokens a mine may test: glitcher's modes. What a mode has no use for is said. */

import { type Command, Option } from "commander";
import { AppError } from "../../errors.ts";
import type { CandidateChoice } from "../../glitch/index.ts";
import { numberBetween, wholeNumber } from "../options.ts";

export interface CandidateOptions {
  mode?: CandidateChoice["mode"];
  rangeStart?: number;
  rangeEnd?: number;
  sampleRate?: number;
  maxTokensPerRange?: number;
  stratifiedSampleSize?: number;
  stratifiedSeed?: number;
  categoryGroup?: Extract<CandidateChoice, { mode: "category" }>["group"];
  categorySampleSize?: number;
}

/** Written out, so that --help loads nothing of the search; a test compares them with its own lists. */
export const MODE_NAMES = ["entropy", "range", "unicode", "special", "stratified", "category"];
export const GROUP_NAMES = ["cjk", "arabic", "cyrillic", "punctuation", "whitespace"];

export function addCandidateFlags(command: Command): Command {
  return command
    .optionsGroup("Which tokens may be tested:")
    .addOption(
      new Option("--mode <mode>", "entropy: every normal token; the others pick some of them").choices(
        MODE_NAMES,
      ),
    )
    .option("--range-start <id>", "range: the first id", wholeNumber(0))
    .option("--range-end <id>", "range: the first id behind it", wholeNumber(1))
    .option(
      "--sample-rate <share>",
      "range, unicode, special: chance of each token; 0.1 if not given, special: 1",
      numberBetween(0, 1),
    )
    .option(
      "--max-tokens-per-range <n>",
      "range, unicode, special: most of the range, of a script, of a class; 100 if not given",
      wholeNumber(1),
    )
    .option("--stratified-sample-size <n>", "stratified: tokens; 2000 if not given", wholeNumber(1))
    .option("--stratified-seed <n>", "stratified, category: of the draw; 0 if not given", wholeNumber(0))
    .addOption(new Option("--category-group <group>", "category: cjk if not given").choices(GROUP_NAMES))
    .option("--category-sample-size <n>", "category: tokens; all if not given", wholeNumber(1));
}

/** The flags that each mode reads. */
const READS: Record<CandidateChoice["mode"], readonly (keyof CandidateOptions)[]> = {
  entropy: [],
  range: ["rangeStart", "rangeEnd", "sampleRate", "maxTokensPerRange"],
  unicode: ["sampleRate", "maxTokensPerRange"],
  special: ["sampleRate", "maxTokensPerRange"],
  stratified: ["stratifiedSampleSize", "stratifiedSeed"],
  category: ["categoryGroup", "categorySampleSize", "stratifiedSeed"],
};

const FLAGS = {
  rangeStart: "--range-start",
  rangeEnd: "--range-end",
  sampleRate: "--sample-rate",
  maxTokensPerRange: "--max-tokens-per-range",
  stratifiedSampleSize: "--stratified-sample-size",
  stratifiedSeed: "--stratified-seed",
  categoryGroup: "--category-group",
  categorySampleSize: "--category-sample-size",
} as const;

/**
 * The choice that the flags make, with glitcher's defaults, and what the user should know.
 * @throws USAGE if a range lacks an end
 */
export function readCandidateFlags(options: CandidateOptions): {
  choice: CandidateChoice;
  notes: string[];
} {
  const { mode = "entropy" } = options;
  const names = Object.keys(FLAGS) as (keyof typeof FLAGS)[];
  const idle = names.filter((name) => options[name] !== undefined && !READS[mode].includes(name));
  const notes = idle.map((name) => `${FLAGS[name]} says nothing in --mode ${mode}.`);
  return { choice: choiceOf(mode, options), notes: [...notes, ...(DIFFERS[mode] ? [DIFFERS[mode]] : [])] };
}

/** Where a mode does other than glitcher's of the same name. */
const DIFFERS: Partial<Record<CandidateChoice["mode"], string>> = {
  unicode: "--mode unicode takes tokens by the characters of their texts, script by script, not by ids.",
  special: "--mode special takes the ids that are not normal tokens, class by class, not bands of ids.",
};

function choiceOf(mode: CandidateChoice["mode"], options: CandidateOptions): CandidateChoice {
  // Special ids are few, and who asks for them means them all.
  const rate = options.sampleRate ?? (mode === "special" ? 1 : 0.1);
  const sample = { rate, most: options.maxTokensPerRange ?? 100 };
  const seed = options.stratifiedSeed ?? 0;
  switch (mode) {
    case "entropy":
      return { mode };
    case "range": {
      const { rangeStart: start, rangeEnd: end } = options;
      if (start === undefined || end === undefined)
        throw new AppError("USAGE", "--mode range needs --range-start and --range-end.", {
          hint: "For instance --range-start 0 --range-end 1000; the end is exclusive.",
        });
      return { mode, start, end, ...sample };
    }
    case "unicode":
    case "special":
      return { mode, ...sample };
    case "stratified":
      return { mode, size: options.stratifiedSampleSize ?? 2_000, seed };
    case "category":
      return {
        mode,
        group: options.categoryGroup ?? "cjk",
        size: options.categorySampleSize ?? null,
        seed,
      };
  }
}
