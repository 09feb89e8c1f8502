/**
 * Flags of the program `glitcher`, so that its command lines go on to work. Each one is translated, or its
 * lack of meaning is said: none is ignored in silence.
 */

import type { Command } from "commander";
import { AppError } from "../../errors.ts";
import type { Budget } from "../../glitch/index.ts";
import { wholeNumber } from "../options.ts";

export interface GlitcherOptions {
  numIterations?: number;
  batchSize?: number;
  k?: number;
  device?: string;
  saveInterval?: number;
  progressFile?: string;
  enhancedValidation?: true;
  reasoningLevel?: string;
}

export function addGlitcherFlags(command: Command): Command {
  return command
    .optionsGroup("For those who come from glitcher:")
    .option("--num-iterations <n>", "steps; times --batch-size this is the budget", wholeNumber(1))
    .option("--batch-size <n>", "tokens tested in a step", wholeNumber(1))
    .option("--k <n>", "neighbours a step looks at, for methods that have them", wholeNumber(1))
    .option("--device <name>", "cuda, cpu, mps or auto; says the same as --gpu")
    .option("--save-interval <n>", "without meaning: every page is saved", wholeNumber(1))
    .option("--progress-file <file>", "without meaning: runs are in the store")
    .option("--enhanced-validation", "the default")
    .option("--reasoning-level <level>", "without meaning: no model here has levels");
}

export interface Translation {
  /** Set when iterations or batch size were given and no budget of ours was. */
  readonly budget: Budget | undefined;
  readonly gpu: "auto" | "cuda" | "metal" | "off" | undefined;
  /** What the user should know, one sentence each. */
  readonly notes: readonly string[];
}

/** glitcher's own defaults, for the one of the two that is not given. */
const DEFAULT_ITERATIONS = 50;
const DEFAULT_BATCH = 8;

/** What of the search bears on them. */
export interface TranslateFor {
  /** Whether --budget or --all was given. */
  readonly hasBudget: boolean;
  /** Whether the method looks at neighbours. */
  readonly usesK: boolean;
  /** Probes that the method is charged for so many tokens; absent where it is one each. */
  readonly charge?: ((tokens: number) => number) | undefined;
}

/**
 * Reads the flags.
 * @throws AppError USAGE
 */
export function translateGlitcherFlags(
  options: GlitcherOptions,
  { hasBudget, usesK, charge }: TranslateFor,
): Translation {
  const { numIterations, batchSize, k, device, saveInterval, progressFile, reasoningLevel } = options;
  const notes: string[] = [];
  let budget: Budget | undefined;
  if (numIterations !== undefined || batchSize !== undefined) {
    const tokens = (numIterations ?? DEFAULT_ITERATIONS) * (batchSize ?? DEFAULT_BATCH);
    const probes = charge?.(tokens) ?? tokens;
    if (hasBudget) notes.push("--num-iterations and --batch-size say nothing beside --budget or --all.");
    else {
      budget = { probes };
      notes.push(
        charge
          ? `The budget is ${probes} probes: ${tokens} tokens, iterations times batch size, and the gradients.`
          : `The budget is ${probes} tokens: iterations times batch size.`,
      );
      if (charge && (batchSize ?? DEFAULT_BATCH) !== DEFAULT_BATCH)
        notes.push(`A step of this method tests ${DEFAULT_BATCH} tokens, whatever --batch-size says.`);
    }
  }
  if (k !== undefined && !usesK) notes.push("--k says nothing: the method looks at no neighbours.");
  if (saveInterval !== undefined) notes.push("--save-interval says nothing: every page is saved.");
  if (progressFile !== undefined) {
    notes.push("--progress-file says nothing: progress is in the store, see `assay runs list`.");
  }
  if (reasoningLevel !== undefined) notes.push("--reasoning-level says nothing: no model here has levels.");
  return { budget, gpu: device === undefined ? undefined : gpuOf(device), notes };
}

function gpuOf(device: string): Translation["gpu"] {
  if (device === "auto") return "auto";
  if (device === "cpu") return "off";
  if (device === "mps") return "metal";
  if (/^cuda(:\d+)?$/.test(device)) return "cuda";
  throw new AppError("USAGE", `--device ${device} is not known.`, {
    hint: "Known are auto, cpu, cuda and mps; or use --gpu.",
  });
}
