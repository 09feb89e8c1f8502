/** `--preset`: sets of mining flags for a purpose, as data. A flag that is given wins over its preset. */

import { type Command, Option } from "commander";
import { AppError } from "../../errors.ts";
import { suggest } from "../../suggest.ts";

/** The flags that a preset may stand for. */
export interface PresetFlags {
  budget?: string;
  all?: true;
  numAttempts?: number;
  asrThreshold?: number;
  validationTokens?: number;
  disableEnhancedValidation?: true;
}

interface Preset {
  /** What it is for and what it costs, one phrase for --help. */
  readonly purpose: string;
  readonly flags: PresetFlags;
}

export const PRESETS = {
  dev: {
    purpose: "a quick look: 2 % of the tokens, the likeliest first, judged by the probes alone",
    flags: { budget: "2%", disableEnhancedValidation: true },
  },
  production: {
    purpose: "the defaults: every token, one greedy answer to each prompt of the validation",
    flags: { all: true, numAttempts: 1, validationTokens: 16, asrThreshold: 0.5 },
  },
  research: {
    purpose: "every token, 10 answers of 32 tokens to each prompt, for rates with narrow intervals",
    flags: { all: true, numAttempts: 10, validationTokens: 32, asrThreshold: 0.5 },
  },
} as const satisfies Record<string, Preset>;

export type PresetName = keyof typeof PRESETS;
const NAMES = Object.keys(PRESETS) as PresetName[];

export function addPreset(command: Command): Command {
  const purposes = NAMES.map((name) => `${name}: ${PRESETS[name].purpose}`);
  return command.addOption(
    new Option("--preset <name>", `flags for a purpose, each can be overridden. ${purposes.join("; ")}`),
  );
}

/**
 * The name as one of ours.
 * @throws USAGE with the nearest name
 */
export function presetOf(name: string): PresetName {
  const found = NAMES.find((it) => it === name);
  if (found) return found;
  const nearest = suggest(name, NAMES);
  throw new AppError("USAGE", `There is no preset "${name}".`, {
    hint: nearest === undefined ? `Choose from ${NAMES.join(", ")}.` : `Did you mean ${nearest}?`,
  });
}

/** What a flag, if given, takes the place of in a preset: more than itself where two say the same thing. */
const REPLACES: Readonly<Record<string, readonly (keyof PresetFlags)[]>> = {
  budget: ["budget", "all"],
  all: ["budget", "all"],
  numIterations: ["budget", "all"],
  batchSize: ["budget", "all"],
  disableEnhancedValidation: ["numAttempts", "asrThreshold", "validationTokens"],
  enhancedValidation: ["disableEnhancedValidation"],
  numAttempts: ["numAttempts", "disableEnhancedValidation"],
  asrThreshold: ["asrThreshold", "disableEnhancedValidation"],
  validationTokens: ["validationTokens", "disableEnhancedValidation"],
};

/** The given flags over those of the preset. */
export function withPreset<O extends PresetFlags>(given: O, name: PresetName): O {
  const flags: PresetFlags = { ...PRESETS[name].flags };
  for (const [flag, replaced] of Object.entries(REPLACES))
    if (given[flag as keyof O] !== undefined) for (const key of replaced) delete flags[key];
  return { ...flags, ...given };
}
