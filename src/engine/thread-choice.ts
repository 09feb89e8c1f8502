/**
 * How many threads a model runs fastest with, on this machine: measured once on the loaded model and remembered.
 * More threads than cores wait for each other; on some processors half as many feed the memory just as well.
 */

import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { dirname, join } from "node:path";
import type { LlamaModel } from "../llama/index.ts";
import { makeFolder } from "../make-folder.ts";
import { measureThreads, type ThreadSpeed } from "./measure-threads.ts";
import { type ProcessorCores, processorCores } from "./processor-cores.ts";

/** Chooses threads for a loaded model. */
export type ThreadChooser = (model: LlamaModel) => Promise<number>;

export interface ThreadChoice {
  readonly threads: number;
  /** What was measured, now or when it was remembered; empty where there was nothing to measure. */
  readonly speeds: readonly ThreadSpeed[];
  readonly isRemembered: boolean;
}

export interface ThreadChooserOptions {
  /** Folder of threads.json. */
  cacheDir: string;
  /** Told what was found, if anything was measured. */
  onChoice?: ((choice: ThreadChoice) => void) | undefined;
  /** @default this machine's */
  cores?: ProcessorCores | undefined;
  /** Models below this many bytes take one thread a core unmeasured. @default 128 MiB */
  leastBytes?: number | undefined;
}

/** The bundled models decode in a millisecond: whatever is measured there is noise. */
const LEAST_BYTES = 128 * 2 ** 20;

/** Makes a chooser that measures on the first use and remembers. */
export function threadChooser(options: ThreadChooserOptions): ThreadChooser {
  const { cacheDir, onChoice, cores = processorCores(), leastBytes = LEAST_BYTES } = options;
  return async (model) => {
    const { physical, logical } = cores;
    const counts = [...new Set([physical, logical, Math.max(1, Math.floor(physical / 2))])];
    if (counts.length === 1 || model.sizeBytes < leastBytes) return physical;
    const file = join(cacheDir, "threads.json");
    const key = choiceKey(model, cores);
    const known = readChoices(file)[key];
    if (known) {
      onChoice?.({ ...known, isRemembered: true });
      return known.threads;
    }
    const speeds = await measureThreads(model, counts);
    const best = fastest(speeds);
    if (best === undefined) return physical;
    remember(file, key, { threads: best, speeds });
    onChoice?.({ threads: best, speeds, isRemembered: false });
    return best;
  };
}

/** The count with the best product of both rates; undefined where nothing was measured. */
export function fastest(speeds: readonly ThreadSpeed[]): number | undefined {
  const rate = ({ prompt, decode }: ThreadSpeed) => prompt * decode;
  return speeds.toSorted((a, b) => rate(b) - rate(a))[0]?.threads;
}

/** What a choice holds for: the processor, the library and models of about this size. */
function choiceKey(model: LlamaModel, { physical, logical }: ProcessorCores): string {
  const { version, folder } = model.library;
  const processor = `${cpus()[0]?.model.trim() || process.arch}, ${physical} cores, ${logical} processors`;
  return `${processor}; llama.cpp ${version} ${folder.backend}; 2^${Math.round(Math.log2(model.sizeBytes))} bytes`;
}

type Choices = Record<string, { readonly threads: number; readonly speeds: readonly ThreadSpeed[] }>;

/** The remembered choices; a file that is damaged or from elsewhere is as good as none. */
function readChoices(file: string): Choices {
  try {
    const read = JSON.parse(readFileSync(file, "utf8")) as Choices;
    return Object.fromEntries(Object.entries(read).filter(([, it]) => isSound(it)));
  } catch {
    return {};
  }
}

function isSound(it: Partial<Choices[string]> | null): boolean {
  const isCount = (value: unknown) => Number.isInteger(value) && Number(value) >= 1 && Number(value) <= 1_024;
  const isSpeed = (speed: Partial<ThreadSpeed> | null) =>
    isCount(speed?.threads) && Number.isFinite(speed?.prompt) && Number.isFinite(speed?.decode);
  return isCount(it?.threads) && Array.isArray(it?.speeds) && it.speeds.every(isSpeed);
}

function remember(file: string, key: string, choice: Choices[string]): void {
  try {
    makeFolder(dirname(file));
    const beside = `${file}.${process.pid}`;
    writeFileSync(beside, `${JSON.stringify({ ...readChoices(file), [key]: choice }, null, 2)}\n`);
    renameSync(beside, file);
  } catch {
    // Without a folder that can be written it is measured again next time.
  }
}
