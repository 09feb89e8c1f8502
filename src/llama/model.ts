/** A loaded model: weights and vocabulary. Its contexts and samplers end with it. */

import { AppError } from "../errors.ts";
import { callAsync, type Pointer } from "./functions.ts";
import { koffi } from "./koffi.ts";
import type { LlamaLibrary } from "./library.ts";
import { completePlacement, modelParamsOf, type PlacementWishes } from "./placement.ts";
import { progressCallback } from "./structs.ts";
import { trimMemory } from "./trim-memory.ts";

export interface LlamaModelOptions extends PlacementWishes {
  path: string;
  /** Tokenizer only: no weights are read. @default false */
  vocabularyOnly?: boolean;
  /** Share of the file that is loaded, 0 to 1. */
  onProgress?: ((share: number) => void) | undefined;
  signal?: AbortSignal | undefined;
}

export interface LlamaModel {
  readonly library: LlamaLibrary;
  readonly pointer: Pointer;
  readonly vocab: Pointer;
  /** Number of token ids. */
  readonly vocabulary: number;
  readonly contextTrained: number;
  readonly parameters: number;
  readonly sizeBytes: number;
  readonly bos: number | undefined;
  readonly eos: number | undefined;
  /** Bits of enum llama_token_attr. */
  tokenAttributes(id: number): number;
  endsGeneration(id: number): boolean;
  tokenize(text: string, bos: boolean, special: boolean): number[];
  /** Bytes of one token; control tokens give none unless `special`. */
  tokenBytes(id: number, special: boolean): Uint8Array;
  detokenize(ids: readonly number[], special: boolean): string;
  /** Registers something that must be freed before the model; returns its removal from the list. */
  adopt(child: { dispose(): void }): () => void;
  dispose(): void;
}

/**
 * Loads a GGUF file (or the first of its shards) on a worker thread.
 * @throws MODEL_LOAD with llama.cpp's own words, OUT_OF_MEMORY, CANCELLED
 */
export async function loadModel(library: LlamaLibrary, options: LlamaModelOptions): Promise<LlamaModel> {
  const { functions, log } = library;
  const { onProgress, signal } = options;
  const progress =
    (onProgress || signal) &&
    koffi.register((share: number) => {
      onProgress?.(share);
      return !signal?.aborted;
    }, progressCallback);
  const placed = modelParamsOf(functions, completePlacement(options));
  const parameters = {
    ...functions.llama_model_default_params(),
    ...placed.fields,
    vocab_only: options.vocabularyOnly ?? false,
    ...(progress ? { progress_callback: progress } : {}),
  };
  const mark = log.mark();
  try {
    const pointer = await callAsync<Pointer | null>(
      functions.llama_model_load_from_file,
      options.path,
      parameters,
    );
    if (!pointer) throw loadError(options, log.since(mark));
    return describe(library, pointer, placed.keepAlive);
  } finally {
    if (progress) koffi.unregister(progress);
  }
}

function loadError({ path, signal }: LlamaModelOptions, lines: readonly string[]): AppError {
  if (signal?.aborted) return new AppError("CANCELLED", `Loading ${path} was stopped.`);
  // The first error names the cause, those after it only say that loading failed.
  const cause =
    lines.find((line) => /error|missing|not found|unknown|failed/i.test(line)) ?? "no reason was logged";
  if (/allocate|out of memory|alloc.*fail/i.test(lines.join("\n")))
    return new AppError("OUT_OF_MEMORY", `${path} does not fit in memory: ${cause}`, {
      hint: "Use a smaller quantisation, fewer GPU layers, or free memory; `assay doctor` shows the largest processes.",
      details: { log: lines },
    });
  return new AppError("MODEL_LOAD", `llama.cpp could not load ${path}: ${cause}`, {
    hint: "Check the file with `assay doctor FILE`; a download may be incomplete.",
    details: { log: lines },
  });
}

function describe(library: LlamaLibrary, pointer: Pointer, keepAlive: readonly unknown[]): LlamaModel {
  const { functions: f } = library;
  const vocab: Pointer = f.llama_model_get_vocab(pointer);
  const vocabulary: number = f.llama_vocab_n_tokens(vocab);
  const optionalId = (id: number) => (id >= 0 ? id : undefined);
  const children = new Set<{ dispose(): void }>();
  // llama.cpp keeps the addresses of its parameters as long as the model lives.
  const held = [...keepAlive];
  let disposed = false;
  return {
    library,
    pointer,
    vocab,
    vocabulary,
    contextTrained: f.llama_model_n_ctx_train(pointer),
    parameters: Number(f.llama_model_n_params(pointer)),
    sizeBytes: Number(f.llama_model_size(pointer)),
    bos: optionalId(f.llama_vocab_bos(vocab)),
    eos: optionalId(f.llama_vocab_eos(vocab)),
    tokenAttributes: (id) => f.llama_vocab_get_attr(vocab, checkId(id, vocabulary)),
    endsGeneration: (id) => f.llama_vocab_is_eog(vocab, checkId(id, vocabulary)),
    tokenize(text, bos, special) {
      const bytes = new TextEncoder().encode(text);
      // A byte is at most one token; BOS, EOS and an added space make three more.
      let out = new Int32Array(bytes.length + 4);
      let count: number = f.llama_tokenize(vocab, bytes, bytes.length, out, out.length, bos, special);
      if (count < 0) {
        out = new Int32Array(-count);
        count = f.llama_tokenize(vocab, bytes, bytes.length, out, out.length, bos, special);
      }
      return Array.from(out.subarray(0, Math.max(0, count)));
    },
    tokenBytes(id, special) {
      checkId(id, vocabulary);
      let out = new Uint8Array(64);
      let length: number = f.llama_token_to_piece(vocab, id, out, out.length, 0, special);
      if (length < 0) {
        out = new Uint8Array(-length);
        length = f.llama_token_to_piece(vocab, id, out, out.length, 0, special);
      }
      return out.subarray(0, Math.max(0, length));
    },
    detokenize(ids, special) {
      const input = Int32Array.from(ids, (id) => checkId(id, vocabulary));
      let out = new Uint8Array(8 * input.length + 16);
      let length: number = f.llama_detokenize(vocab, input, input.length, out, out.length, false, special);
      if (length < 0) {
        out = new Uint8Array(-length);
        length = f.llama_detokenize(vocab, input, input.length, out, out.length, false, special);
      }
      return new TextDecoder().decode(out.subarray(0, Math.max(0, length)));
    },
    adopt(child) {
      children.add(child);
      return () => children.delete(child);
    },
    dispose() {
      if (disposed) return;
      disposed = true;
      for (const child of [...children]) child.dispose();
      f.llama_model_free(pointer);
      held.length = 0;
      trimMemory();
    },
  };
}

/** llama.cpp indexes with the id unchecked; one outside the vocabulary would read foreign memory. */
function checkId(id: number, vocabulary: number): number {
  if (Number.isInteger(id) && id >= 0 && id < vocabulary) return id;
  throw new AppError("USAGE", `Token id ${id} is not in the vocabulary of ${vocabulary}.`, {
    hint: `Ids run from 0 to ${vocabulary - 1}.`,
  });
}
