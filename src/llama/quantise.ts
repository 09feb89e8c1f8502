/** llama.cpp's quantiser, one file in, one file out. Disk space and renaming are the business of models/. */

import { AppError } from "../errors.ts";
import { callAsync } from "./functions.ts";
import type { LlamaLibrary } from "./library.ts";
import { QUANT_TYPES, type QuantType } from "./quant-types.ts";

export interface QuantiseOptions {
  input: string;
  output: string;
  type: QuantType;
  threads: number;
  /** Start from weights that are quantised already; loses more than starting from F16. @default false */
  allowRequantise?: boolean;
  /** Tensors written so far and in all, read off llama.cpp's log. */
  onProgress?: ((done: number, total: number) => void) | undefined;
}

const POLL_MS = 200;

/**
 * Quantises a GGUF file on a worker thread.
 * @throws MODEL_INVALID with llama.cpp's own words
 * @returns the lines in which llama.cpp fell back to another type than asked for
 */
export async function quantiseFile(library: LlamaLibrary, options: QuantiseOptions): Promise<string[]> {
  const { functions: f, log } = library;
  const parameters = {
    ...f.llama_model_quantize_default_params(),
    nthread: options.threads,
    ftype: QUANT_TYPES[options.type],
    allow_requantize: options.allowRequantise ?? false,
  };
  const mark = log.mark();
  const INFO = 2;
  const timer =
    options.onProgress &&
    setInterval(() => {
      const last = log.since(mark, INFO).findLast((line) => /^\[\s*\d+\/\s*\d+\]/.test(line));
      const counts = last?.match(/^\[\s*(\d+)\/\s*(\d+)\]/);
      if (counts) options.onProgress?.(Number(counts[1]), Number(counts[2]));
    }, POLL_MS);
  try {
    const status = await callAsync<number>(f.llama_model_quantize, options.input, options.output, parameters);
    const lines = log.since(mark);
    if (status !== 0)
      throw new AppError(
        "MODEL_INVALID",
        `${options.input} could not be quantised: ${lines.at(-1) ?? `status ${status}`}`,
        {
          hint: "Quantise from F16 or BF16 weights.",
          details: { log: lines },
        },
      );
    return lines.filter((line) => /fallback|falling back|not divisible/i.test(line));
  } finally {
    clearInterval(timer);
  }
}
