/** Hugging Face folder -> GGUF file of any type: converted, and quantised in the same go where that is wanted. */

import { rmSync } from "node:fs";
import { dirname, resolve } from "node:path";
import type { LlamaLibrary, QuantType } from "../../llama/index.ts";
import { assertFreeSpace } from "../output-file.ts";
import { expectedWeightBytes, quantise } from "../quantise.ts";
import { convertFolder, type FolderPlan, planFolder } from "./convert-folder.ts";
import type { FloatType } from "./half-floats.ts";

export interface ConvertModelOptions {
  readonly folder: string;
  /** Path of the GGUF file; it appears when it is complete. */
  readonly output: string;
  /** @default as most weights are stored */
  readonly type?: QuantType | undefined;
  /** Name in the file. @default the folder's name */
  readonly name?: string | undefined;
  /** @default the processors of this machine */
  readonly threads?: number | undefined;
  /** Called only if something is to be quantised. */
  readonly library: () => LlamaLibrary;
  /** Where the converted weights wait to be quantised; a file that is there is taken. @default made and removed */
  readonly waiting?: { readonly path: string; readonly isComplete: boolean } | undefined;
  /** Told what was found, before the work begins. */
  readonly onPlan?: ((plan: FolderPlan) => void) | undefined;
  /** convert: bytes written; quantise: tensors done. */
  readonly onProgress?: ((stage: ConvertStage, done: number, total: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

export type ConvertStage = "convert" | "quantise";

export interface ConvertModelResult {
  readonly path: string;
  readonly family: string;
  /** As most weights were stored. */
  readonly from: FloatType;
  readonly type: QuantType;
  readonly sizeBytes: number;
  readonly warnings: readonly string[];
}

/**
 * Converts a folder and quantises the result. Whatever stops it, Ctrl-C or kill -9, there is never half a file
 * under the output's name; what a killed process left beside it goes with the next attempt.
 * @throws as convertFolder() and quantise()
 */
export async function convertModel(options: ConvertModelOptions): Promise<ConvertModelResult> {
  const { folder, output, name, signal, onProgress } = options;
  const plan = await planFolder(folder);
  const type = options.type ?? plan.storedType;
  options.onPlan?.(plan);
  const from = plan.storedType;
  const head = { path: output, family: plan.family, from, type };
  const convert = (path: string, float: FloatType) =>
    convertFolder({
      folder,
      output: path,
      type: float,
      name,
      signal,
      onProgress: onProgress && ((done, total) => onProgress("convert", done, total)),
    });
  if (isFloat(type)) {
    const { sizeBytes, warnings } = await convert(output, type);
    return { ...head, sizeBytes, warnings };
  }

  const { path, isComplete } = options.waiting ?? { path: `${output}.to-quantise`, isComplete: false };
  // Both files lie there at the end: better refused now than in an hour.
  const needed = expectedWeightBytes(plan.weights, type);
  await assertFreeSpace(
    dirname(resolve(output)),
    needed + (isComplete ? 0 : expectedWeightBytes(plan.weights, from)),
    `Converting ${folder} to ${type}`,
  );
  // A library that is not there should be known before the hour of converting too.
  const library = options.library();
  const removeAtExit = () => rmSync(path, { force: true });
  process.once("exit", removeAtExit);
  try {
    const converted = isComplete ? [] : (await convert(path, from)).warnings;
    const { sizeBytes, warnings } = await quantise(library, {
      input: path,
      output,
      type,
      threads: options.threads,
      signal,
      onProgress: onProgress && ((done, total) => onProgress("quantise", done, total)),
    });
    return { ...head, sizeBytes, warnings: [...converted, ...warnings] };
  } finally {
    process.off("exit", removeAtExit);
    removeAtExit();
  }
}

const isFloat = (type: QuantType): type is FloatType => type === "F32" || type === "F16" || type === "BF16";
