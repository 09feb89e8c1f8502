/**
 * llama.cpp's own samplers, in the pieces that a choice of a token is made of. Which piece is needed when is decided
 * in engine/token-sampler.ts: a grammar over 32,000 candidates costs far more than one over a single one.
 */

import { AppError } from "../errors.ts";
import type { Pointer } from "./functions.ts";
import { koffi } from "./koffi.ts";
import type { LlamaModel } from "./model.ts";

export interface SamplerOptions {
  temperature: number;
  topK: number;
  topP: number;
  minP: number;
  repeatPenalty: number;
  frequencyPenalty: number;
  presencePenalty: number;
  penaltyLastN: number;
  seed: number;
  /** GBNF with the root rule "root". */
  grammar?: string | undefined;
}

export interface Sampler {
  /** Whether the grammar allows the token next; without a grammar, every one. */
  allows(token: number): boolean;
  /** Those of `ids`, or of the whole vocabulary, that the grammar allows next, in their order. */
  allowed(ids: readonly number[] | undefined): number[];
  /** Draws one of `ids`, or of the whole vocabulary, from a row of logits [vocabulary]. */
  draw(logits: Float32Array, ids: readonly number[] | undefined): number;
  /** Remembers the choice: for penalties, and for the grammar, which must allow it. */
  accept(token: number): void;
  dispose(): void;
}

const CANDIDATE_BYTES = 12; // struct llama_token_data: id, logit, p

/**
 * Builds the chain penalties -> top-k -> top-p -> min-p -> temperature -> draw.
 * @throws USAGE when llama.cpp cannot parse the grammar: never an unconstrained answer in its place.
 */
export function createSampler(model: LlamaModel, options: SamplerOptions): Sampler {
  const { functions: f, log } = model.library;
  const mark = log.mark();
  // Of an empty one llama.cpp makes a sampler that allows everything, and a C string ends at its first zero.
  if (options.grammar === "") throw badGrammar("it is empty");
  if (options.grammar?.includes("\0")) throw badGrammar("it has a zero character");
  const grammar: Pointer | null =
    options.grammar === undefined ? null : f.llama_sampler_init_grammar(model.vocab, options.grammar, "root");
  if (options.grammar !== undefined && !grammar) throw badGrammar(log.since(mark)[0]);
  const chain = buildChain(model, options);
  const candidates = candidatesOf(model);

  const apply = (sampler: Pointer, array: CandidateArray) => f.llama_sampler_apply(sampler, array);
  let disposed = false;
  const sampler: Sampler = {
    allows: (token) => sampler.allowed([token]).length > 0,
    allowed(ids) {
      const array = candidates.fill(SOME_LOGITS, ids);
      if (grammar) apply(grammar, array);
      return candidates.left(array);
    },
    draw(logits, ids) {
      const array = candidates.fill(logits, ids);
      apply(chain, array);
      // The samplers move and cut the array, so its data may point elsewhere.
      return koffi.decode(array.data, Number(array.selected) * CANDIDATE_BYTES, "int32_t") as number;
    },
    accept(token) {
      if (grammar) f.llama_sampler_accept(grammar, token);
      f.llama_sampler_accept(chain, token);
    },
    dispose() {
      if (disposed) return;
      disposed = true;
      release();
      f.llama_sampler_free(chain);
      if (grammar) f.llama_sampler_free(grammar);
    },
  };
  const release = model.adopt(sampler);
  return sampler;
}

function badGrammar(reason = "no reason was logged"): AppError {
  return new AppError("USAGE", `The grammar cannot be parsed: ${reason}.`, {
    hint: 'Grammars are GBNF and need a rule named "root".',
  });
}

/** struct llama_token_data_array. */
interface CandidateArray {
  data: Pointer;
  size: number;
  selected: number | bigint;
  sorted: boolean;
}

interface Candidates {
  /** The logits of these ids, or of all, for the samplers. */
  fill(logits: Float32Array, ids: readonly number[] | undefined): CandidateArray;
  /** The ids that a grammar has not forbidden. */
  left(array: CandidateArray): number[];
}

/** For a look at the grammar any logit will do. */
const SOME_LOGITS = new Float32Array(0);
const rooms = new WeakMap<LlamaModel, Candidates>();

/** Room for a whole vocabulary, one a model: samplers work one after the other, and many may wait. */
function candidatesOf(model: LlamaModel): Candidates {
  const known = rooms.get(model);
  if (known) return known;
  const data = koffi.alloc("uint8_t", model.vocabulary * CANDIDATE_BYTES) as Pointer;
  const memory = koffi.view(data, model.vocabulary * CANDIDATE_BYTES);
  const idCells = new Int32Array(memory);
  const values = new Float32Array(memory);
  model.adopt({ dispose: () => koffi.free(data) });
  const candidates: Candidates = {
    fill(logits, ids) {
      const size = ids?.length ?? model.vocabulary;
      for (let index = 0, at = 0; index < size; index++, at += 3) {
        const id = ids ? ids[index]! : index;
        idCells[at] = id;
        values[at + 1] = logits[id] ?? 0;
        values[at + 2] = 0;
      }
      return { data, size, selected: -1, sorted: false };
    },
    left({ size }) {
      const ids: number[] = [];
      for (let index = 0, at = 0; index < Number(size); index++, at += 3)
        if (values[at + 1]! > Number.NEGATIVE_INFINITY) ids.push(idCells[at]!);
      return ids;
    },
  };
  rooms.set(model, candidates);
  return candidates;
}

function buildChain(model: LlamaModel, options: SamplerOptions): Pointer {
  const { functions: f } = model.library;
  const chain: Pointer = f.llama_sampler_chain_init(f.llama_sampler_chain_default_params());
  const add = (sampler: Pointer) => f.llama_sampler_chain_add(chain, sampler);
  const { repeatPenalty, frequencyPenalty, presencePenalty } = options;
  if (repeatPenalty !== 1 || frequencyPenalty !== 0 || presencePenalty !== 0)
    add(
      f.llama_sampler_init_penalties(
        model.vocabulary,
        options.penaltyLastN,
        repeatPenalty,
        frequencyPenalty,
        presencePenalty,
      ),
    );
  if (options.temperature <= 0) {
    add(f.llama_sampler_init_greedy());
    return chain;
  }
  if (options.topK > 0) add(f.llama_sampler_init_top_k(options.topK));
  if (options.topP < 1) add(f.llama_sampler_init_top_p(options.topP, 1));
  if (options.minP > 0) add(f.llama_sampler_init_min_p(options.minP, 1));
  add(f.llama_sampler_init_temp(options.temperature));
  add(f.llama_sampler_init_dist(options.seed >>> 0));
  return chain;
}
