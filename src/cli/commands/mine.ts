/** `assay mine`: find the glitch tokens of a model. */

import { type Command, Option } from "commander";
import { AppError } from "../../errors.ts";
import type { QuantChoice } from "../../models/index.ts";
import { action, type CliContext, type ReportStatus, type SharedOptions } from "../context.ts";
import { addCandidateFlags, type CandidateOptions, readCandidateFlags } from "../mine/candidate-flags.ts";
import { addFailOn } from "../mine/fail-on.ts";
import { addGlitcherFlags, type GlitcherOptions, translateGlitcherFlags } from "../mine/glitcher-flags.ts";
import { addPreset, type PresetFlags, presetOf, withPreset } from "../mine/presets.ts";
import type { MineOutputs } from "../mine/run.ts";
import { addModelOptions, numberBetween, wholeNumber } from "../options.ts";

type MineOptions = GlitcherOptions &
  CandidateOptions &
  MineOutputs &
  PresetFlags & {
    method: string;
    templates?: string;
    quantType?: QuantChoice;
    resume?: true;
    preset?: string;
    health?: string;
  };

export function addMine(program: Command, report: ReportStatus): void {
  const command = program
    .command("mine")
    .description("Find the tokens that a model cannot handle")
    .argument("[model]", "MODEL")
    .option(
      "--method <name>",
      "order in which tokens are tested: census, glitchminer, magikarp, magikarp-output, low-norm, random or glitcher",
      "census",
    )
    .option("--budget <much>", 'tokens ("400"), a share ("5%"), a time ("90s", "10m") or "all"')
    .option("--all", "test every token; the default")
    .option("--templates <ids>", "only these probe templates, separated by commas")
    .option("--resume", "go on with the last unfinished mine of this model and these settings")
    .option(
      "--health <file>",
      "mine nothing: tell how well the tokens of a list of words, one a line, were learnt",
    )
    .addOption(
      new Option("--quant-type <type>", "what a Hugging Face folder is turned into").choices([
        "int4",
        "int8",
        "bfloat16",
        "float16",
        "auto",
      ]),
    );
  addPreset(command);
  addMineOutputs(command);
  command
    .optionsGroup("Validation of what fails the probes:")
    .option(
      "--num-attempts <n>",
      "answers to each prompt; more than one are drawn at random",
      wholeNumber(1, 1_000),
    )
    .option("--asr-threshold <share>", "a glitch fails at least this share", numberBetween(0, 1))
    .option("--validation-tokens <n>", "at most so many new tokens in an answer", wholeNumber(1, 4_096))
    .option("--disable-enhanced-validation", "trust the probes alone");
  addCandidateFlags(command);
  addModelOptions(command);
  addGlitcherFlags(command).action(action(report, runMine));
}

/** Flags that say where a mine's result goes; `runs resume` has them too. */
export function addMineOutputs(command: Command): Command {
  return addFailOn(command.optionsGroup("Results:"))
    .option("--output <file>", "write the glitch tokens as glitcher's JSON")
    .option("--report <file>", "write an HTML report that works offline")
    .option("--every-token", "list untested tokens too")
    .option("--truth <file>", "score against what is known; the bundled models' truth is used by itself");
}

async function runMine(
  context: CliContext,
  given: MineOptions & SharedOptions,
  argument?: string,
): Promise<number> {
  const preset = given.preset === undefined ? undefined : presetOf(given.preset);
  const options = preset ? withPreset(given, preset) : given;
  const { method, templates, quantType, resume = false, health } = options;
  if (health !== undefined) {
    const { runHealth } = await import("../mine/health-run.ts");
    return runHealth(context, { argument, options, quantType, file: health });
  }
  if (options.all && options.budget !== undefined) {
    throw new AppError("USAGE", "Give --all or --budget, not both.");
  }
  const { mineSettings, ORDER_METHODS, parseBudget } = await import("../../glitch/index.ts");
  const { startMine } = await import("../mine/run.ts");
  const own = options.all
    ? { all: true }
    : options.budget === undefined
      ? undefined
      : parseBudget(options.budget);
  const chosen = ORDER_METHODS.find(({ id }) => id === method);
  const translated = translateGlitcherFlags(options, {
    hasBudget: own !== undefined,
    usesK: chosen?.neighbours !== undefined,
    charge: chosen?.charge,
  });
  const candidates = readCandidateFlags(options);
  const notes = [...translated.notes, ...candidates.notes];
  if (chosen?.note) notes.push(`--method ${method}: ${chosen.note}`);
  for (const note of notes) context.logger.warn(note);
  const settings = mineSettings({
    method,
    candidates: candidates.choice,
    budget: own ?? translated.budget ?? { all: true },
    seed: context.config.seed,
    ...(options.k !== undefined && { neighbours: options.k }),
    templates: templates?.split(",").map((id) => id.trim()) ?? null,
    validation: validationOf(options),
  });
  const gpu = options.gpu ?? translated.gpu ?? context.config.gpu;
  const config = { ...context.config, gpu };
  return startMine({ ...context, config }, { argument, options, quantType, settings, preset, resume });
}

function validationOf(options: MineOptions) {
  const { disableEnhancedValidation, enhancedValidation, numAttempts, asrThreshold, validationTokens } =
    options;
  if (disableEnhancedValidation && enhancedValidation) {
    throw new AppError(
      "USAGE",
      "--enhanced-validation and --disable-enhanced-validation exclude each other.",
    );
  }
  if (disableEnhancedValidation) {
    if ((numAttempts ?? asrThreshold ?? validationTokens) === undefined) return null;
    throw new AppError("USAGE", "Without validation its attempts, threshold and tokens have no meaning.", {
      hint: "Leave out --disable-enhanced-validation, or the other three.",
    });
  }
  return {
    ...(numAttempts !== undefined && { attempts: numAttempts }),
    ...(asrThreshold !== undefined && { threshold: asrThreshold }),
    ...(validationTokens !== undefined && { maxTokens: validationTokens }),
  };
}
