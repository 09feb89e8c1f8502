/** Flags that several commands share, and readers for their values. */

import { type Command, InvalidArgumentError, Option } from "commander";
import { LOG_LEVELS } from "../logger.ts";
import { addPlacementOptions, autoOrCount } from "./placement.ts";
import { PROGRESS_MODES } from "./terminal.ts";

/** Flags of every command; they stand before or after its name. */
export function addProgramOptions(program: Command): void {
  program
    .option("--json", "print one JSON document")
    .option("-q, --quiet", "print nothing but results and errors")
    .option("--store <file>", "database of runs")
    .addOption(
      new Option("--progress <how>", "how long work is shown").choices(PROGRESS_MODES).default("auto"),
    )
    .addOption(new Option("--log-level <level>", "least important message shown").choices(LOG_LEVELS))
    .addOption(new Option("--log-format <form>", "form of messages").choices(["text", "json"]));
}

/** Flags of commands that run a model. */
export function addModelOptions(command: Command): Command {
  command
    .optionsGroup("Model:")
    .option("-m, --model <model>", "GGUF file, folder or name, in place of the MODEL argument")
    .addOption(
      new Option("--gpu <where>", "where layers run").choices(["auto", "cuda", "vulkan", "metal", "off"]),
    )
    .option(
      "--threads <n>",
      "compute threads, auto: one a physical core; more than cores only wait for each other",
      autoOrCount(0),
    )
    .option("--context <tokens>", "tokens in one sequence; the cache grows with them", wholeNumber(0))
    .option(
      "--batch <tokens>",
      "tokens in one step of the engine, auto: 512; more take more memory and make others wait",
      autoOrCount(0),
    )
    .option("--seed <n>", "seed of everything drawn at random", wholeNumber(0, 0xffff_ffff))
    .option("--unsafe-lib <folder>", "llama.cpp libraries of your own, used without the version check");
  return addPlacementOptions(command);
}

/** Reader of a whole number in [from, to]. */
export function wholeNumber(from: number, to = Number.MAX_SAFE_INTEGER) {
  return (text: string): number => {
    const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
    if (value >= from && value <= to) return value;
    const range = to === Number.MAX_SAFE_INTEGER ? `from ${from}` : `from ${from} to ${to}`;
    throw new InvalidArgumentError(`Expected a whole number ${range}.`);
  };
}

/** Reader of a number in [from, to]. */
export function numberBetween(from: number, to = Number.POSITIVE_INFINITY) {
  return (text: string): number => {
    const value = /^\d*\.?\d+(e-?\d+)?$/i.test(text) ? Number(text) : Number.NaN;
    if (value >= from && value <= to) return value;
    const range = to === Number.POSITIVE_INFINITY ? `from ${from}` : `from ${from} to ${to}`;
    throw new InvalidArgumentError(`Expected a number ${range}.`);
  };
}

/** Reader for a flag that may be given several times. */
export function collect(text: string, before: string[] = []): string[] {
  return [...before, text];
}
