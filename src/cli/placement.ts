/** Placement on the command line: its flags, its settings as the engine takes them, and what has no effect here. */

import { type Command, InvalidArgumentError, Option } from "commander";
import type { Config } from "../config.ts";
import type { Placement } from "../llama/index.ts";

/** Settings of a placement; --threads and --batch are older and stand with the model's flags. */
export const PLACEMENT_KEYS = [
  "gpuLayers",
  "experts",
  "splitMode",
  "tensorSplit",
  "kvType",
  "mmap",
  "mlock",
] as const satisfies readonly (keyof Config)[];

/** Flags that say where a model's parts go; the phrase behind each says what it costs. */
export function addPlacementOptions(command: Command): Command {
  return command
    .optionsGroup("Placement:")
    .addOption(
      new Option(
        "--gpu-layers <n>",
        "layers on the GPU, auto: as many as fit; each one left in RAM slows every token",
      ).argParser(autoOrCount("auto")),
    )
    .addOption(
      new Option(
        "--experts <where>",
        "a mixture's experts; cpu: a small GPU does for the rest, answers come at the speed of RAM",
      ).choices(["auto", "cpu", "gpu"]),
    )
    .addOption(
      new Option(
        "--split-mode <how>",
        "several GPUs; none: the first alone, layer: in turns, row: together, for much traffic between them",
      ).choices(["none", "layer", "row"]),
    )
    .option("--tensor-split <shares>", "each GPU's share, as 3,1; the fullest one limits the context")
    .addOption(
      new Option(
        "--kv-type <type>",
        "numbers in the cache; q8_0 halves it and moves logits a little, q4_0 more; f32 doubles it",
      ).choices(["f16", "q8_0", "q4_0", "f32"]),
    )
    .option("--no-mmap", "read the weights in place of mapping them: slower start, nothing is shared")
    .addOption(new Option("--mmap").hideHelp())
    .option("--mlock", "lock the weights in RAM: never read twice, and nobody else can use that memory")
    .addOption(new Option("--no-mlock").hideHelp())
    .option("--no-memory-check", "load what cannot fit; the system may end the process");
}

/** Reader of "auto", as `auto` gives it, or of a whole number. */
export function autoOrCount<T>(auto: T, from = 0) {
  return (text: string): number | T => {
    if (text === "auto") return auto;
    const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
    if (value >= from && Number.isSafeInteger(value)) return value;
    throw new InvalidArgumentError(`Expected auto or a whole number from ${from}.`);
  };
}

/**
 * Tokens in one step where none are chosen: llama.cpp's own physical batch. It is not measured, because logits
 * depend in their last bits on the batch: two machines would mine differently.
 */
const AUTO_BATCH = 512;

/** The settings as the engine takes them. */
export function placementOf(config: Config): Placement {
  const { gpuLayers, experts, splitMode, tensorSplit, kvType, mmap, mlock, threads, batch } = config;
  const shares = tensorSplit === "" ? [] : tensorSplit.split(",").map(Number);
  const batchSize = batch || AUTO_BATCH;
  return { gpuLayers, experts, splitMode, tensorSplit: shares, kvType, mmap, mlock, threads, batchSize };
}

/** What the library and the machine are, as far as a placement can have an effect on them. */
export interface PlacementFacts {
  /** GPUs that layers can go to. */
  readonly gpus: number;
  /** Experts of the model. */
  readonly experts: number;
}

/** One sentence for each setting that was chosen and has no effect here. */
export function idlePlacement(
  { placement, gpu }: { placement: Placement; gpu: Config["gpu"] },
  { gpus, experts }: PlacementFacts,
): string[] {
  const none = gpu === "off" ? "--gpu off leaves everything in RAM" : "no GPU is in use here";
  const idle: string[] = [];
  const say = (flag: string, why: string) => idle.push(`${flag} has no effect: ${why}.`);
  const { gpuLayers, experts: where, splitMode, tensorSplit } = placement;
  if (where !== "auto" && experts === 0) say(`--experts ${where}`, "the model has no experts");
  else if (where !== "auto" && gpus === 0) say(`--experts ${where}`, none);
  if (gpuLayers !== "auto" && gpuLayers > 0 && gpus === 0) say(`--gpu-layers ${gpuLayers}`, none);
  if (gpus < 2) {
    const why = gpus === 0 ? none : "there is one GPU";
    if (splitMode !== "layer") say(`--split-mode ${splitMode}`, why);
    if (tensorSplit.length > 0) say(`--tensor-split ${tensorSplit.join()}`, why);
  } else if (splitMode === "none" && tensorSplit.length > 0)
    say(`--tensor-split ${tensorSplit.join()}`, "--split-mode none uses the first GPU alone");
  return idle;
}
