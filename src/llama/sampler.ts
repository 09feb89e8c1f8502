/**
 * Choosing a token from a row of logits with llama.cpp's own samplers. The grammar is asked about the chosen
 * token first and applied to the whole vocabulary only when it refuses, as common/sampling.cpp does: a
 * grammar over 32,000 candidates costs far more than one over a single one.
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
  logitBias?: ReadonlyMap<number, number> | undefined;
  /** GBNF with the root rule "root". */
  grammar?: string | undefined;
}

export interface Sampler {
  /** Draws from a row of logits [vocabulary] and remembers the choice. */
  sample(logits: Float32Array): number;
  dispose(): void;
}

const CANDIDATE_BYTES = 12; // struct llama_token_data: id, logit, p

/**
 * Builds the chain bias -> penalties -> top-k -> top-p -> min-p -> temperature -> draw.
 * @throws USAGE when llama.cpp cannot parse the grammar: never an unconstrained answer in its place.
 */
export function createSampler(model: LlamaModel, options: SamplerOptions): Sampler {
  const { functions: f, log } = model.library;
  const size = model.vocabulary;
  const mark = log.mark();
  const grammar: Pointer | null = options.grammar
    ? f.llama_sampler_init_grammar(model.vocab, options.grammar, "root")
    : null;
  if (options.grammar && !grammar)
    throw new AppError(
      "USAGE",
      `The grammar cannot be parsed: ${log.since(mark)[0] ?? "no reason was logged"}`,
      {
        hint: 'Grammars are GBNF and need a rule named "root".',
      },
    );
  const chain = buildChain(model, options);
  const candidates = koffi.alloc("uint8_t", size * CANDIDATE_BYTES) as Pointer;
  const memory = koffi.view(candidates, size * CANDIDATE_BYTES);
  const ids = new Int32Array(memory);
  const values = new Float32Array(memory);

  const fill = (logits: Float32Array) => {
    for (let id = 0, at = 0; id < size; id++, at += 3) {
      ids[at] = id;
      values[at + 1] = logits[id]!;
      values[at + 2] = 0;
    }
    return { data: candidates, size, selected: -1, sorted: false };
  };
  const draw = (array: ReturnType<typeof fill>) => {
    f.llama_sampler_apply(chain, array);
    // The samplers move and cut the array, so its data may point elsewhere.
    const chosen = Number(array.selected);
    return koffi.decode(array.data, chosen * CANDIDATE_BYTES, "int32_t") as number;
  };
  const allows = (token: number) => {
    ids[0] = token;
    values[1] = 1;
    values[2] = 0;
    const one = { data: candidates, size: 1, selected: -1, sorted: false };
    f.llama_sampler_apply(grammar, one);
    return values[1] !== Number.NEGATIVE_INFINITY;
  };

  let disposed = false;
  const sampler: Sampler = {
    sample(logits) {
      let token = draw(fill(logits));
      if (grammar && !allows(token)) {
        const array = fill(logits);
        f.llama_sampler_apply(grammar, array);
        token = draw(array);
      }
      if (grammar) f.llama_sampler_accept(grammar, token);
      f.llama_sampler_accept(chain, token);
      return token;
    },
    dispose() {
      if (disposed) return;
      disposed = true;
      release();
      f.llama_sampler_free(chain);
      if (grammar) f.llama_sampler_free(grammar);
      koffi.free(candidates);
    },
  };
  const release = model.adopt(sampler);
  return sampler;
}

function buildChain(model: LlamaModel, options: SamplerOptions): Pointer {
  const { functions: f } = model.library;
  const chain: Pointer = f.llama_sampler_chain_init(f.llama_sampler_chain_default_params());
  const add = (sampler: Pointer) => f.llama_sampler_chain_add(chain, sampler);
  if (options.logitBias?.size) {
    const pairs = [...options.logitBias];
    const memory = new ArrayBuffer(pairs.length * 8);
    pairs.forEach(([id, bias], index) => {
      new Int32Array(memory)[index * 2] = id;
      new Float32Array(memory)[index * 2 + 1] = bias;
    });
    add(f.llama_sampler_init_logit_bias(model.vocabulary, pairs.length, new Uint8Array(memory)));
  }
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
