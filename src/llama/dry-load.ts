/**
 * A load that allocates nothing: llama.cpp places every tensor and plans its buffers, and its log tells the result.
 * An assertion that fails ends the process, so this is for a child (models/memory/predict-child.ts).
 */

import { AppError } from "../errors.ts";
import { visibleToken } from "../visible-token.ts";
import { type BufferSizes, readBufferLog } from "./buffer-log.ts";
import type { Pointer } from "./functions.ts";
import type { Device, LlamaLibrary } from "./library.ts";
import { contextParamsOf, cpuOverride, modelParamsOf, type Placement } from "./placement.ts";

export interface DryLoadOptions {
  readonly path: string;
  readonly placement: Placement;
  /** Cells of the cache, tokens of a decode, sequences: as for a context. */
  readonly cells: number;
  readonly batch: number;
  readonly sequences: number;
}

export interface DryLoad {
  /** Buffers as the placement has them. */
  readonly placed: BufferSizes;
  /** The buffer type that each tensor would have, or has, in RAM: "CPU_REPACK" is a copy in another order. */
  readonly inRam: ReadonlyMap<string, string>;
  readonly devices: readonly Device[];
}

/** LLAMA_LOAD_MODE_NONE: with any other, a load without allocation fails an assertion. */
const LOAD_MODE_NONE = 0;

/**
 * Loads without allocating.
 * @throws MODEL_LOAD, OUT_OF_MEMORY with llama.cpp's own words
 */
export function dryLoad(library: LlamaLibrary, options: DryLoadOptions): DryLoad {
  const { functions, log } = library;
  const lines: string[] = [];
  const stop = log.listen((line) => lines.push(line));
  try {
    const placed = modelParamsOf(functions, options.placement);
    // llama.cpp names the buffer type of a tensor only where a pattern chose it: this pattern chooses all, for RAM.
    const everything = cpuOverride(functions, ".");
    const everywhere = { ...placed.fields, tensor_buft_overrides: everything.address };
    withModel(library, options.path, everywhere, lines, () => {});
    const inRam = readBufferLog(lines.splice(0)).tensors;
    withModel(library, options.path, placed.fields, lines, (model) => {
      const context: Pointer | null = functions.llama_init_from_model(model, {
        ...functions.llama_context_default_params(),
        n_ctx: options.cells,
        n_batch: options.batch,
        n_ubatch: options.batch,
        n_seq_max: options.sequences,
        kv_unified: true,
        no_perf: true,
        ...contextParamsOf(options.placement),
      });
      if (!context) throw failure("OUT_OF_MEMORY", options.path, lines);
      functions.llama_free(context);
    });
    // Whatever the parameters point to has lived until here.
    void [placed.keepAlive, everything.buffers];
    return { placed: readBufferLog(lines), inRam, devices: library.devices() };
  } finally {
    stop();
  }
}

function withModel(
  { functions }: LlamaLibrary,
  path: string,
  fields: Readonly<Record<string, unknown>>,
  lines: readonly string[],
  use: (model: Pointer) => void,
): void {
  const model: Pointer | null = functions.llama_model_load_from_file(path, {
    ...functions.llama_model_default_params(),
    ...fields,
    load_mode: LOAD_MODE_NONE,
    no_alloc: true,
  });
  if (!model) throw failure("MODEL_LOAD", path, lines);
  use(model);
  functions.llama_model_free(model);
}

function failure(code: "MODEL_LOAD" | "OUT_OF_MEMORY", path: string, lines: readonly string[]): AppError {
  const cause = lines.find((line) => /error|failed|missing|not found/i.test(line)) ?? "no reason was logged";
  return new AppError(code, `llama.cpp could not plan ${path}: ${visibleToken(cause)}`);
}
