/**
 * The structs that cross the C border by value. Field order and types are those of include/llama.h of
 * llama.cpp v0.4.0; STRUCT_SIZES were printed by a C program compiled against that header, so a slip here
 * is an error at start, not a crash later. Types carry no names: koffi's names are global to the process
 * and would clash when a test runner loads this module twice.
 */

import { koffi } from "./koffi.ts";

const pointer = koffi.pointer("void");

export const logCallback = koffi.pointer(koffi.proto("void", ["int", "str", pointer]));
export const progressCallback = koffi.pointer(koffi.proto("bool", ["float", pointer]));

export const modelParams = koffi.struct({
  devices: pointer,
  tensor_buft_overrides: pointer,
  n_gpu_layers: "int32_t",
  split_mode: "int",
  load_mode: "int",
  lazy_mode: "int",
  main_gpu: "int32_t",
  tensor_split: pointer,
  progress_callback: progressCallback,
  progress_callback_user_data: pointer,
  kv_overrides: pointer,
  vocab_only: "bool",
  check_tensors: "bool",
  use_extra_bufts: "bool",
  no_host: "bool",
  no_alloc: "bool",
  load_mtp: "bool",
});

export const contextParams = koffi.struct({
  n_ctx: "uint32_t",
  n_batch: "uint32_t",
  n_ubatch: "uint32_t",
  n_seq_max: "uint32_t",
  n_rs_seq: "uint32_t",
  n_outputs_max: "uint32_t",
  n_outputs_max_per_seq: "uint32_t",
  n_threads: "int32_t",
  n_threads_batch: "int32_t",
  ctx_type: "int",
  rope_scaling_type: "int",
  pooling_type: "int",
  attention_type: "int",
  flash_attn_type: "int",
  rope_freq_base: "float",
  rope_freq_scale: "float",
  yarn_ext_factor: "float",
  yarn_attn_factor: "float",
  yarn_beta_fast: "float",
  yarn_beta_slow: "float",
  yarn_orig_ctx: "uint32_t",
  defrag_thold: "float",
  cb_eval: pointer,
  cb_eval_user_data: pointer,
  type_k: "int",
  type_v: "int",
  abort_callback: pointer,
  abort_callback_data: pointer,
  embeddings: "bool",
  offload_kqv: "bool",
  no_perf: "bool",
  op_offload: "bool",
  swa_full: "bool",
  kv_unified: "bool",
  samplers: pointer,
  n_samplers: "size_t",
  ctx_other: pointer,
});

export const quantiseParams = koffi.struct({
  nthread: "int32_t",
  ftype: "int",
  output_tensor_type: "int",
  token_embedding_type: "int",
  allow_requantize: "bool",
  quantize_output_tensor: "bool",
  only_copy: "bool",
  pure: "bool",
  keep_split: "bool",
  dry_run: "bool",
  imatrix: pointer,
  kv_overrides: pointer,
  tt_overrides: pointer,
  prune_layers: pointer,
  max_buf_size: "size_t",
});

export const batch = koffi.struct({
  n_tokens: "int32_t",
  token: pointer,
  embd: pointer,
  pos: pointer,
  n_seq_id: pointer,
  seq_id: pointer,
  logits: pointer,
});

export const samplerChainParams = koffi.struct({ no_perf: "bool" });

/** struct llama_token_data_array; the samplers change `size` and `selected` in place. */
export const tokenDataArray = koffi.struct({
  data: pointer,
  size: "size_t",
  selected: "int64_t",
  sorted: "bool",
});

/** The first fields of struct ggml_type_traits. */
export const typeTraits = koffi.struct({
  type_name: "str",
  blck_size: "int64_t",
  blck_size_interleave: "int64_t",
  type_size: "size_t",
  is_quantized: "bool",
  to_float: pointer,
  from_float_ref: pointer,
});

/** Bytes, by sizeof() of a C compiler over the pinned header (64-bit, all supported platforms alike). */
export const STRUCT_SIZES = [
  { name: "llama_model_params", type: modelParams, size: 80 },
  { name: "llama_context_params", type: contextParams, size: 160 },
  { name: "llama_model_quantize_params", type: quantiseParams, size: 64 },
  { name: "llama_batch", type: batch, size: 56 },
  { name: "llama_token_data_array", type: tokenDataArray, size: 32 },
] as const;

/** Places of the fields that Assay writes, by offsetof() of the same compiler over the same header. */
export const FIELD_OFFSETS = [
  {
    name: "llama_model_params",
    type: modelParams,
    offsets: {
      tensor_buft_overrides: 8,
      n_gpu_layers: 16,
      split_mode: 20,
      load_mode: 24,
      main_gpu: 32,
      tensor_split: 40,
      progress_callback: 48,
      vocab_only: 72,
      use_extra_bufts: 74,
      no_alloc: 76,
    },
  },
  {
    name: "llama_context_params",
    type: contextParams,
    offsets: {
      n_ctx: 0,
      n_batch: 4,
      n_ubatch: 8,
      n_seq_max: 12,
      n_threads: 28,
      n_threads_batch: 32,
      flash_attn_type: 52,
      type_k: 104,
      type_v: 108,
      no_perf: 130,
      kv_unified: 133,
    },
  },
] as const;
