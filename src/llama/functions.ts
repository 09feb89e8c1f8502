/**
 * The C functions that Assay calls, each once. Signatures: include/llama.h, ggml/include/ggml.h and
 * ggml/include/ggml-backend.h of llama.cpp v0.4.0. Pointers are bigint; 0n and null are NULL.
 */

import { koffi } from "./koffi.ts";
import * as structs from "./structs.ts";

/** An address in C memory. */
export type Pointer = bigint;

const ptr = koffi.pointer("void");
const i32 = "int32_t";
// koffi keeps the type of these markers to itself, so declarations could not name it.
const tokenArray: unknown = koffi.inout(koffi.pointer(structs.tokenDataArray));
const sizeOut: unknown = koffi.out(koffi.pointer("size_t"));

/** name: [result, arguments]. */
const LLAMA = {
  llama_version: ["str", []],
  llama_backend_init: ["void", []],
  llama_log_set: ["void", [structs.logCallback, ptr]],
  llama_supports_gpu_offload: ["bool", []],
  llama_max_devices: ["size_t", []],
  llama_model_default_params: [structs.modelParams, []],
  llama_context_default_params: [structs.contextParams, []],
  llama_sampler_chain_default_params: [structs.samplerChainParams, []],
  llama_model_quantize_default_params: [structs.quantiseParams, []],
  llama_model_load_from_file: [ptr, ["str", structs.modelParams]],
  llama_model_free: ["void", [ptr]],
  llama_model_get_vocab: [ptr, [ptr]],
  llama_model_n_ctx_train: [i32, [ptr]],
  llama_model_size: ["uint64_t", [ptr]],
  llama_model_n_params: ["uint64_t", [ptr]],
  llama_init_from_model: [ptr, [ptr, structs.contextParams]],
  llama_free: ["void", [ptr]],
  llama_n_ctx: ["uint32_t", [ptr]],
  llama_n_batch: ["uint32_t", [ptr]],
  llama_n_seq_max: ["uint32_t", [ptr]],
  llama_get_memory: [ptr, [ptr]],
  llama_memory_seq_rm: ["bool", [ptr, i32, i32, i32]],
  llama_memory_seq_cp: ["void", [ptr, i32, i32, i32, i32]],
  llama_state_seq_get_size: ["size_t", [ptr, i32]],
  llama_state_seq_get_data: ["size_t", [ptr, ptr, "size_t", i32]],
  llama_state_seq_set_data: ["size_t", [ptr, ptr, "size_t", i32]],
  llama_decode: [i32, [ptr, structs.batch]],
  llama_attach_threadpool: ["void", [ptr, ptr, ptr]],
  llama_get_logits: [ptr, [ptr]],
  llama_vocab_n_tokens: [i32, [ptr]],
  llama_vocab_get_attr: ["int", [ptr, i32]],
  llama_vocab_is_eog: ["bool", [ptr, i32]],
  llama_vocab_bos: [i32, [ptr]],
  llama_vocab_eos: [i32, [ptr]],
  llama_tokenize: [i32, [ptr, ptr, i32, ptr, i32, "bool", "bool"]],
  llama_token_to_piece: [i32, [ptr, i32, ptr, i32, i32, "bool"]],
  llama_detokenize: [i32, [ptr, ptr, i32, ptr, i32, "bool", "bool"]],
  llama_model_quantize: ["uint32_t", ["str", "str", koffi.pointer(structs.quantiseParams)]],
  llama_sampler_chain_init: [ptr, [structs.samplerChainParams]],
  llama_sampler_chain_add: ["void", [ptr, ptr]],
  llama_sampler_init_greedy: [ptr, []],
  llama_sampler_init_dist: [ptr, ["uint32_t"]],
  llama_sampler_init_top_k: [ptr, [i32]],
  llama_sampler_init_top_p: [ptr, ["float", "size_t"]],
  llama_sampler_init_min_p: [ptr, ["float", "size_t"]],
  llama_sampler_init_temp: [ptr, ["float"]],
  llama_sampler_init_grammar: [ptr, [ptr, "str", "str"]],
  llama_sampler_init_penalties: [ptr, [i32, i32, "float", "float", "float"]],
  llama_sampler_apply: ["void", [ptr, tokenArray]],
  llama_sampler_accept: ["void", [ptr, i32]],
  llama_sampler_free: ["void", [ptr]],
} as const;

const GGML_BASE = {
  ggml_backend_cpu_buffer_type: [ptr, []],
  ggml_backend_dev_type: ["int", [ptr]],
  ggml_threadpool_params_init: ["void", [ptr, "int"]],
  ggml_get_type_traits: [koffi.pointer(structs.typeTraits), ["int"]],
} as const;

const GGML = {
  ggml_backend_load_all_from_path: ["void", ["str"]],
  ggml_backend_reg_count: ["size_t", []],
  ggml_backend_reg_get: [ptr, ["size_t"]],
  ggml_backend_reg_name: ["str", [ptr]],
  ggml_backend_reg_get_proc_address: [ptr, [ptr, "str"]],
  ggml_backend_dev_count: ["size_t", []],
  ggml_backend_dev_get: [ptr, ["size_t"]],
  ggml_backend_dev_name: ["str", [ptr]],
  ggml_backend_dev_description: ["str", [ptr]],
  ggml_backend_dev_memory: ["void", [ptr, sizeOut, sizeOut]],
} as const;

type Signatures = Record<string, readonly [unknown, readonly unknown[]]>;

// koffi types its functions as any; the modules of this folder are their only callers and give results types.
export type NativeFunction = ReturnType<ReturnType<typeof koffi.load>["func"]>;
export type Functions = {
  readonly [K in keyof typeof LLAMA | keyof typeof GGML | keyof typeof GGML_BASE]: NativeFunction;
};

type Handle = ReturnType<typeof koffi.load>;

/** Binds every function; a missing symbol throws, and the loader reports it as a wrong library. */
export function bindFunctions(llama: Handle, ggml: Handle, ggmlBase: Handle): Functions {
  const bound: Record<string, NativeFunction> = {};
  const bind = (handle: Handle, signatures: Signatures) => {
    for (const [name, [result, parameters]] of Object.entries(signatures))
      bound[name] = handle.func(name, result as string, parameters as string[]);
  };
  bind(llama, LLAMA);
  bind(ggml, GGML);
  bind(ggmlBase, GGML_BASE);
  return bound as Functions;
}

/** Calls a C function on a worker thread, so that the event loop goes on. */
export function callAsync<T>(fn: NativeFunction, ...parameters: unknown[]): Promise<T> {
  return new Promise((resolve, reject) => {
    fn.async(...parameters, (error: unknown, result: T) =>
      error ? reject(error as Error) : resolve(result),
    );
  });
}
