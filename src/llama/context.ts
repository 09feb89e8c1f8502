/**
 * A context: the key-value cache, one batch that is filled in place, and the logits of the last decode.
 * Whoever owns it calls decode() one at a time; nothing here is re-entrant.
 */

import { AppError } from "../errors.ts";
import { callAsync, type Pointer } from "./functions.ts";
import { koffi } from "./koffi.ts";
import type { LlamaModel } from "./model.ts";
import { contextParamsOf, DEFAULT_PLACEMENT, type Placement } from "./placement.ts";
import { createThreadPool, type ThreadPool } from "./thread-pool.ts";

/** Idle threads sleep at once: spinning wins nothing measurable and slows whoever shares the cores. */
const POLL = 0;

export interface LlamaContextOptions {
  /** Cells of the cache, shared by all sequences. */
  cells: number;
  /** Tokens in one decode. */
  batch: number;
  /** Sequences that can exist at once, at most 256. */
  sequences: number;
  threads: number;
  /** One cache for all sequences, so that they can share a prefix; else each has cells / sequences of its own. @default true */
  unified?: boolean | undefined;
  /** @default "f16" */
  kvType?: Placement["kvType"] | undefined;
}

export interface LlamaContext {
  readonly model: LlamaModel;
  readonly cells: number;
  /** Tokens one decode takes at most. */
  readonly batchSize: number;
  readonly sequences: number;
  /** Tokens in the batch that is being filled. */
  readonly filled: number;
  /** Appends a token to the batch; the return value is the row of its logits, or -1 if not `wanted`. */
  push(token: number, position: number, sequence: number, wanted: boolean): number;
  clearBatch(): void;
  /**
   * Decodes the batch on a worker thread. "full": the cache has no room and nothing changed.
   * @throws MODEL_LOAD after a failure from which the context does not recover.
   */
  decode(): Promise<"ok" | "full">;
  /** Logits of a row of the last decode, [vocabulary]; a view that the next decode overwrites. */
  logits(row: number): Float32Array;
  /** Lets `to` share the first `length` cells of `from`. */
  share(from: number, to: number, length: number): void;
  /** Forgets a sequence, or every one, from a position on; position 0 frees it. Walks over all cells. */
  forget(sequence: number | "every", from: number): void;
  /** A sequence's cells as bytes, copied on a worker thread; sequence-state.ts reads them. */
  saveSequence(sequence: number): Promise<Uint8Array>;
  /**
   * Puts saved cells in the place of a sequence's own, on a worker thread. The bytes must have been checked.
   * @returns false, and the sequence is empty, if llama.cpp finds no room or another form
   */
  restoreSequence(sequence: number, state: Uint8Array): Promise<boolean>;
  dispose(): void;
}

/** Creates a context. @throws OUT_OF_MEMORY */
export function createContext(model: LlamaModel, options: LlamaContextOptions): LlamaContext {
  const { functions: f, log } = model.library;
  const mark = log.mark();
  const pointer: Pointer | null = f.llama_init_from_model(model.pointer, {
    ...f.llama_context_default_params(),
    n_ctx: options.cells,
    n_batch: options.batch,
    n_ubatch: options.batch,
    n_seq_max: options.sequences,
    n_threads: options.threads,
    n_threads_batch: options.threads,
    kv_unified: options.unified ?? true,
    no_perf: true,
    ...contextParamsOf({ kvType: options.kvType ?? DEFAULT_PLACEMENT.kvType }),
  });
  if (!pointer)
    throw new AppError(
      "OUT_OF_MEMORY",
      `No context of ${options.cells} tokens: ${log.since(mark)[0] ?? "no reason was logged"}`,
      {
        hint: "Ask for a smaller --context, or another --kv-type.",
      },
    );
  const pool = createThreadPool(model.library, options.threads, POLL);
  f.llama_attach_threadpool(pointer, pool.pointer, pool.pointer);
  return build(model, pointer, pool);
}

function build(model: LlamaModel, pointer: Pointer, pool: ThreadPool): LlamaContext {
  const { functions: f, log } = model.library;
  const memory: Pointer = f.llama_get_memory(pointer);
  const batchSize: number = f.llama_n_batch(pointer);
  const batch = createBatch(batchSize);
  let filled = 0;
  let rows = 0;
  let logitsView = new Float32Array(0);
  let logitsAddress: Pointer = 0n;
  let disposed = false;

  const context: LlamaContext = {
    model,
    cells: f.llama_n_ctx(pointer),
    batchSize,
    sequences: f.llama_n_seq_max(pointer),
    get filled() {
      return filled;
    },
    push(token, position, sequence, isWanted) {
      batch.tokens[filled] = token;
      batch.positions[filled] = position;
      batch.sequences[filled] = sequence;
      batch.wanted[filled] = isWanted ? 1 : 0;
      filled++;
      return isWanted ? rows++ : -1;
    },
    clearBatch() {
      filled = 0;
      rows = 0;
    },
    async decode() {
      const mark = log.mark();
      const status = await callAsync<number>(f.llama_decode, pointer, { ...batch.native, n_tokens: filled });
      if (status === 0) {
        // Decoding may move the output buffer; the view is made anew only then.
        const address: Pointer = rows > 0 ? f.llama_get_logits(pointer) : logitsAddress;
        const length = rows * model.vocabulary;
        if (address !== logitsAddress || logitsView.length < length) {
          logitsView = new Float32Array(koffi.view(address, Math.max(1, length) * 4));
          logitsAddress = address;
        }
        return "ok";
      }
      if (status === 1) return "full";
      throw new AppError(
        "MODEL_LOAD",
        `llama.cpp could not decode (status ${status}): ${log.since(mark)[0] ?? "no reason was logged"}`,
        {
          hint: "Restart; if it happens again, try --gpu off or a smaller --context.",
        },
      );
    },
    logits: (row) => logitsView.subarray(row * model.vocabulary, (row + 1) * model.vocabulary),
    share: (from, to, length) => f.llama_memory_seq_cp(memory, from, to, 0, length),
    forget: (sequence, from) =>
      void f.llama_memory_seq_rm(memory, sequence === "every" ? -1 : sequence, from, -1),
    async saveSequence(sequence) {
      const size = Number(f.llama_state_seq_get_size(pointer, sequence));
      const state = new Uint8Array(new ArrayBuffer(size));
      const address = koffi.address(state);
      const written = await callAsync<number>(f.llama_state_seq_get_data, pointer, address, size, sequence);
      return state.subarray(0, Number(written));
    },
    async restoreSequence(sequence, state) {
      const address = koffi.address(state);
      const read = await callAsync<number>(
        f.llama_state_seq_set_data,
        pointer,
        address,
        state.length,
        sequence,
      );
      return Number(read) === state.length;
    },
    dispose() {
      if (disposed) return;
      disposed = true;
      release();
      f.llama_free(pointer);
      pool.dispose();
    },
  };
  const release = model.adopt(context);
  return context;
}

/**
 * A llama_batch over arrays of our own. llama_batch_init would do, but its sequence ids are one allocation a
 * token, and as many views of them, all of which would wait for the garbage collector.
 */
function createBatch(size: number) {
  const tokens = new Int32Array(new ArrayBuffer(size * 4));
  const positions = new Int32Array(new ArrayBuffer(size * 4));
  const sequences = new Int32Array(new ArrayBuffer(size * 4));
  const wanted = new Int8Array(new ArrayBuffer(size));
  const counts = new Int32Array(new ArrayBuffer(size * 4)).fill(1);
  const first = koffi.address(sequences);
  const pointers = BigUint64Array.from({ length: size }, (_, at) => first + BigInt(at * 4));
  return {
    tokens,
    positions,
    sequences,
    wanted,
    // Whoever holds the batch keeps these alive too; llama.cpp knows them by address alone.
    counts,
    pointers,
    native: {
      token: koffi.address(tokens),
      embd: null,
      pos: koffi.address(positions),
      n_seq_id: koffi.address(counts),
      seq_id: koffi.address(pointers),
      logits: koffi.address(wanted),
    },
  };
}
