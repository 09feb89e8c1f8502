import { expect, it } from "vitest";
import { readBufferLog } from "./buffer-log.ts";

const MIB = 2 ** 20;

it("reads a load with half of the layers on a GPU and the experts in RAM", () => {
  const read = readBufferLog([
    "load_tensors: layer   0 assigned to device CPU, is_swa = 0",
    "load_tensors: layer   1 assigned to device CUDA0, is_swa = 0",
    "load_tensors: layer   2 assigned to device CUDA0, is_swa = 0",
    "tensor blk.1.ffn_up_exps.weight (252 MiB q4_K) buffer type overridden to CPU_REPACK",
    "load_tensors:        CUDA0 model buffer size =   100.50 MiB",
    "load_tensors:   CPU_Mapped model buffer size =    13.45 MiB",
    "llama_context:  CUDA_Host  output buffer size =    12.00 MiB",
    "llama_kv_cache: layer   0: dev = CPU",
    "llama_kv_cache: layer   1: dev = CUDA0",
    "llama_kv_cache: size =    4.00 MiB (  4096 cells,   2 layers, 256/1 seqs), K (f16):    2.00 MiB, V (f16):    2.00 MiB",
    "sched_reserve:      CUDA0 compute buffer size =    25.00 MiB",
    "sched_reserve:  CUDA_Host compute buffer size =     2.00 MiB",
    "something else entirely",
  ]);
  expect([...read.layers]).toEqual([
    [0, "CPU"],
    [1, "CUDA0"],
    [2, "CUDA0"],
  ]);
  expect([...read.tensors]).toEqual([["blk.1.ffn_up_exps.weight", "CPU_REPACK"]]);
  expect(Object.fromEntries(read.weights)).toEqual({ CUDA0: 100.5 * MIB, CPU_Mapped: 13.45 * MIB });
  expect(Object.fromEntries(read.kvCache)).toEqual({ CPU: 2 * MIB, CUDA0: 2 * MIB });
  expect(Object.fromEntries(read.compute)).toEqual({ CUDA0: 25 * MIB, CUDA_Host: 14 * MIB });
});

it("adds the two caches of a model with windows, each over its own layers", () => {
  const { kvCache } = readBufferLog([
    "llama_kv_cache: layer   1: dev = CUDA0",
    "llama_kv_cache: size =    6.00 MiB (  4096 cells,   1 layers,  1/1 seqs), K (f16): 3.00 MiB",
    "llama_kv_cache: layer   0: dev = CUDA0",
    "llama_kv_cache: layer   2: dev = CUDA1",
    "llama_kv_cache: size =    2.00 MiB (  1024 cells,   2 layers,  1/1 seqs), K (f16): 1.00 MiB",
  ]);
  expect(Object.fromEntries(kvCache)).toEqual({ CUDA0: 7 * MIB, CUDA1: MIB });
});
