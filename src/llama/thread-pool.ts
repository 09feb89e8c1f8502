/**
 * A thread pool that lives as long as its context. Without one, ggml makes threads for every decode and ends them
 * again; on a machine whose cores are all computing, a new thread waits for a scheduler tick before it runs, and
 * a decode of four tokens takes 15 ms in place of 2.
 */

import { AppError } from "../errors.ts";
import type { Pointer } from "./functions.ts";
import { koffi } from "./koffi.ts";
import type { LlamaLibrary } from "./library.ts";

export interface ThreadPool {
  readonly pointer: Pointer;
  dispose(): void;
}

const pointer = koffi.pointer("void");
const newPool = koffi.proto(pointer, [pointer]);
const freePool = koffi.proto("void", [pointer]);

/** struct ggml_threadpool_params: its size and the place of `poll` (ggml/include/ggml.h). */
const PARAMS_BYTES = 528;
const POLL_OFFSET = 520;

/** @param poll how long idle threads spin before they sleep, 0 (not at all) to 100 */
export function createThreadPool(library: LlamaLibrary, threads: number, poll: number): ThreadPool {
  const { functions: f } = library;
  const registry = cpuRegistry(library);
  const create = registry && f.ggml_backend_reg_get_proc_address(registry, "ggml_threadpool_new");
  const free = registry && f.ggml_backend_reg_get_proc_address(registry, "ggml_threadpool_free");
  if (!create || !free) throw new AppError("LIBRARY", "The library's CPU backend has no thread pools.");
  const params = new Uint8Array(new ArrayBuffer(PARAMS_BYTES));
  f.ggml_threadpool_params_init(params, threads);
  new DataView(params.buffer).setUint32(POLL_OFFSET, poll, true);
  const pool = koffi.decode(create, newPool)(params) as Pointer;
  return { pointer: pool, dispose: () => koffi.decode(free, freePool)(pool) };
}

function cpuRegistry({ functions: f }: LlamaLibrary): Pointer | undefined {
  for (let index = 0; index < Number(f.ggml_backend_reg_count()); index++) {
    const registry: Pointer = f.ggml_backend_reg_get(index);
    if (f.ggml_backend_reg_name(registry) === "CPU") return registry;
  }
  return undefined;
}
