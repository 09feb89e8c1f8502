/**
 * Where a model's parts go: layers on GPUs, experts in RAM, the cache's number type, how the file is read.
 * Values are those of the enums of include/llama.h (v0.4.0); the fields are checked when the library is loaded.
 */

import { AppError } from "../errors.ts";
import type { Functions, Pointer } from "./functions.ts";
import { koffi } from "./koffi.ts";

export interface Placement {
  /** Layers on the GPU, counted from the output; "auto": as many as fit. @default "auto" */
  readonly gpuLayers: "auto" | number;
  /** Where the experts' weights are; "auto": with their layer. @default "auto" */
  readonly experts: "auto" | "cpu" | "gpu";
  /** How several GPUs share a model. @default "layer" */
  readonly splitMode: keyof typeof SPLIT_MODES;
  /** Each GPU's share, in any unit; empty: by free memory. @default [] */
  readonly tensorSplit: readonly number[];
  /** Type of the numbers in the cache; the quantised ones switch flash attention on. @default "f16" */
  readonly kvType: keyof typeof KV_TYPES;
  /** Weights are mapped from the file: a second process shares them, the system may drop them. @default true */
  readonly mmap: boolean;
  /** Weights are locked in RAM. @default false */
  readonly mlock: boolean;
  /** Compute threads; 0: one a physical core. @default 0 */
  readonly threads: number;
  /** Tokens in one decode. @default 512 */
  readonly batchSize: number;
}

/** What a caller may leave open. */
export type PlacementWishes = { readonly [K in keyof Placement]?: Placement[K] | undefined };

export const DEFAULT_PLACEMENT: Placement = {
  gpuLayers: "auto",
  experts: "auto",
  splitMode: "layer",
  tensorSplit: [],
  kvType: "f16",
  mmap: true,
  mlock: false,
  threads: 0,
  batchSize: 512,
};

/** Fills in the defaults. */
export function completePlacement(wishes: PlacementWishes): Placement {
  const given = Object.entries(wishes).filter(([key, it]) => it !== undefined && key in DEFAULT_PLACEMENT);
  return { ...DEFAULT_PLACEMENT, ...Object.fromEntries(given) };
}

/** enum llama_split_mode. */
const SPLIT_MODES = { none: 0, layer: 1, row: 2 } as const;
/** enum ggml_type. */
const KV_TYPES = { f32: 0, f16: 1, q4_0: 2, q8_0: 8 } as const;
/** enum llama_load_mode. */
const LOAD_MODES = { none: 0, mmap: 1, mlock: 2, mmapMlock: 3 } as const;
/** enum llama_flash_attn_type. */
const FLASH_ATTENTION = { auto: -1, enabled: 1 } as const;

/** The merged experts of a layer, as llama.cpp's own --cpu-moe has it (common/arg.cpp). */
const EXPERTS_PATTERN = "\\.ffn_(up|down|gate)_exps";

/** Fields of llama_model_params, and what must not be collected while the model lives: llama.cpp keeps addresses. */
export interface PlacedModelParams {
  readonly fields: Readonly<Record<string, unknown>>;
  readonly keepAlive: readonly unknown[];
}

/**
 * The placement as fields of llama_model_params.
 * @throws USAGE for more shares than llama.cpp has devices
 */
export function modelParamsOf(functions: Functions, placement: Placement): PlacedModelParams {
  const { gpuLayers, experts, splitMode, tensorSplit, mmap, mlock } = placement;
  const keepAlive: unknown[] = [];
  const fields: Record<string, unknown> = {
    n_gpu_layers: gpuLayers === "auto" ? -1 : gpuLayers,
    split_mode: SPLIT_MODES[splitMode],
    load_mode: LOAD_MODES[mmap ? (mlock ? "mmapMlock" : "mmap") : mlock ? "mlock" : "none"],
  };
  if (tensorSplit.length > 0) {
    const most = Number(functions.llama_max_devices());
    if (tensorSplit.length > most)
      throw new AppError(
        "USAGE",
        `${tensorSplit.length} shares are given; there are at most ${most} devices.`,
      );
    const shares = new Float32Array(new ArrayBuffer(4 * most));
    shares.set(tensorSplit);
    keepAlive.push(shares);
    fields.tensor_split = koffi.address(shares);
  }
  if (experts === "cpu") {
    const { address, buffers } = cpuOverride(functions, EXPERTS_PATTERN);
    keepAlive.push(...buffers);
    fields.tensor_buft_overrides = address;
  }
  return { fields, keepAlive };
}

/** The placement as fields of llama_context_params. Values can be quantised with flash attention alone. */
export function contextParamsOf({ kvType }: Pick<Placement, "kvType">): Readonly<Record<string, unknown>> {
  const isQuantised = kvType === "q8_0" || kvType === "q4_0";
  return {
    type_k: KV_TYPES[kvType],
    type_v: KV_TYPES[kvType],
    flash_attn_type: isQuantised ? FLASH_ATTENTION.enabled : FLASH_ATTENTION.auto,
  };
}

/** Two llama_model_tensor_buft_override {pattern, buft}: tensors that match go to RAM, and the end of the list. */
export function cpuOverride(functions: Functions, pattern: string): { address: Pointer; buffers: unknown[] } {
  const text = Uint8Array.from(Buffer.from(`${pattern}\0`));
  const buft: Pointer = functions.ggml_backend_cpu_buffer_type();
  const list = new BigUint64Array([koffi.address(text), buft, 0n, 0n]);
  return { address: koffi.address(list), buffers: [text, list] };
}
