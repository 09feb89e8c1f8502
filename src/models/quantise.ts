/** llama.cpp's quantiser with what surrounds it: room on the disk, a file that is whole or not there, warnings. */

import { availableParallelism } from "node:os";
import { resolve } from "node:path";
import { AppError } from "../errors.ts";
import { type LlamaLibrary, QUANT_TYPES, type QuantType, quantiseFile } from "../llama/index.ts";
import { suggest } from "../suggest.ts";
import { countWeights } from "./gguf/ggml-types.ts";
import type { Gguf } from "./gguf/gguf.ts";
import { assertLoadable } from "./gguf/legacy-experts.ts";
import { readGguf } from "./gguf/read-gguf.ts";
import { writeOutputFile } from "./output-file.ts";
import { throwIfAborted } from "./throw-if-aborted.ts";

export interface QuantiseModelOptions {
  readonly input: string;
  readonly output: string;
  readonly type: QuantType;
  /** @default the processors of this machine */
  readonly threads?: number | undefined;
  /** Tensors done and in all. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
  /** Looked at before and after; llama.cpp's quantiser itself cannot be stopped. */
  readonly signal?: AbortSignal | undefined;
}

export interface QuantiseResult {
  readonly path: string;
  readonly type: QuantType;
  readonly sizeBytes: number;
  readonly warnings: readonly string[];
}

/**
 * Bits a weight on average, rounded up: what Mixtral and Llama files have, embeddings and mixtures included.
 * Only for the question whether the disk has room.
 */
const BITS_PER_WEIGHT: Readonly<Record<QuantType, number>> = {
  F32: 32,
  F16: 16.1,
  BF16: 16.1,
  Q8_0: 8.6,
  Q6_K: 6.7,
  Q5_K_M: 5.9,
  Q5_K_S: 5.7,
  Q4_K_M: 5.1,
  Q4_K_S: 4.8,
  Q4_0: 4.8,
  Q3_K_M: 4.2,
  Q2_K: 3.6,
};

/** Bytes that so many weights take, about; rather too many than too few. */
export function expectedWeightBytes(weights: number, type: QuantType): number {
  return Math.ceil((weights * BITS_PER_WEIGHT[type]) / 8);
}

/** K-quants pack 256 weights of a row into a block. */
const K_BLOCK = 256;

/** The quantisation meant by a name, in any case. @throws USAGE with the nearest name */
export function parseQuantType(name: string): QuantType {
  const names = Object.keys(QUANT_TYPES) as QuantType[];
  const found = names.find((type) => type === name.toUpperCase());
  if (found) return found;
  const near = suggest(name, names);
  throw new AppError("USAGE", `There is no quantisation "${name}".`, {
    hint: near ? `Did you mean ${near}?` : `Known: ${names.join(", ")}.`,
  });
}

/**
 * Quantises a GGUF file.
 * @throws MODEL_INVALID for a damaged or already quantised input, DISK_FULL before anything is written,
 * CANCELLED
 */
export async function quantise(
  library: LlamaLibrary,
  options: QuantiseModelOptions,
): Promise<QuantiseResult> {
  const { input, output, type, onProgress, signal } = options;
  throwIfAborted(signal);
  if (resolve(input) === resolve(output))
    throw new AppError("USAGE", "The output would replace the input.", { hint: "Give another --output." });
  const gguf = await readGguf(input);
  assertLoadable(gguf);
  const rounded = gguf.tensors.find(({ type: stored }) => !/^(F|BF)\d+$/.test(stored));
  if (rounded)
    throw new AppError(
      "MODEL_INVALID",
      `${input} is quantised already (${rounded.name} is ${rounded.type}).`,
      {
        hint: "Quantise from F16 or BF16 weights: rounding twice loses more than rounding once.",
      },
    );
  const warnings = fallbackWarning(gguf, type);
  const weights = gguf.tensors.reduce((sum, { shape }) => sum + countWeights(shape), 0);
  const expectedBytes = gguf.dataOffset + expectedWeightBytes(weights, type);
  await writeOutputFile(output, { expectedBytes }, async (temporary) => {
    const threads = options.threads ?? availableParallelism();
    await quantiseFile(library, { input: gguf.path, output: temporary, type, threads, onProgress });
    throwIfAborted(signal);
  });
  const { fileSize } = await readGguf(output);
  return { path: output, type, sizeBytes: fileSize, warnings };
}

/** llama.cpp takes another type for rows that are not whole blocks and says so only in its log. */
function fallbackWarning(gguf: Gguf, type: QuantType): string[] {
  if (!type.includes("_K")) return [];
  const matrices = gguf.tensors.filter(({ shape }) => shape.length > 1);
  const odd = matrices.filter(
    ({ name, shape }) => shape[0]! % K_BLOCK !== 0 && !name.includes("ffn_gate_inp"),
  );
  if (odd.length === 0) return [];
  const widths = [...new Set(odd.map(({ shape }) => shape[0]))];
  return [
    `${odd.length} of ${matrices.length} matrices have rows of ${widths.join(", ")} weights, not a multiple of ${K_BLOCK}: ` +
      "llama.cpp takes Q5_0, Q5_1 or Q8_0 for them (F16 if not even a multiple of 32), so the file is larger than the name says.",
  ];
}
