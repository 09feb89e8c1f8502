/**
 * Choosing a token from a row of logits. The most probable one is found here, in one pass over the row; what else
 * llama.cpp's samplers do is asked of them over as few candidates as decide the same. For 32,000 ids the difference is
 * that between 0.02 and 0.3 milliseconds a token, on the thread that everybody's tokens go through.
 */

import { AppError } from "../errors.ts";
import { createSampler, type LlamaModel, type SamplerOptions } from "../llama/index.ts";
import { notNumbers } from "./distribution.ts";
import { logitRow } from "./logit-row.ts";

export interface TokenSamplerOptions extends SamplerOptions {
  /** Added to the logits of these ids before anything else; -Infinity bans. */
  logitBias?: ReadonlyMap<number, number> | undefined;
}

export interface TokenSampler {
  /**
   * Chooses from a row of logits [vocabulary] and remembers the choice.
   * @throws MODEL_INVALID if the logits are not numbers; OUTPUT_INVALID if bans and grammar leave no token
   */
  sample(logits: Float32Array): number;
  dispose(): void;
}

/**
 * Ids whose logit is so far below the best one's are left out of a draw: e^-24 of its chance each, so together less
 * than a millionth even if they were all of 32,000.
 */
const NEGLIGIBLE = 24;
/** Ids that are shown to a grammar which has refused the best one, before it is shown all. */
const RUNNERS_UP = 64;

/** More than so many best ones are sorted faster by llama.cpp. */
const MOST_SORTED = 256;

/**
 * Makes a sampler of a model's vocabulary.
 * @throws USAGE when llama.cpp cannot parse the grammar: never an unconstrained answer in its place
 */
export function createTokenSampler(model: LlamaModel, options: TokenSamplerOptions): TokenSampler {
  const { temperature, topK, logitBias } = options;
  const isGreedy = temperature <= 0;
  const isPenalised =
    options.repeatPenalty !== 1 || options.frequencyPenalty !== 0 || options.presencePenalty !== 0;
  const needsNative = !isGreedy || isPenalised || options.grammar !== undefined;
  const native = needsNative ? createSampler(model, options) : undefined;
  const biased = logitBias?.size ? new Float32Array(model.vocabulary) : undefined;

  const withBias = (logits: Float32Array) => {
    if (!biased) return logits;
    biased.set(logits);
    for (const [id, bias] of logitBias!) biased[id]! += bias;
    return biased;
  };
  /** The ids that have a chance; undefined where only llama.cpp knows the logits that count. */
  const candidates = (row: ReturnType<typeof logitRow>) => {
    if (isPenalised) return undefined;
    if (isGreedy) return row.top(RUNNERS_UP);
    if (topK > 0 && topK <= MOST_SORTED) return row.top(topK);
    return row.above(row.max - NEGLIGIBLE * Math.max(1, temperature));
  };
  const best = (row: ReturnType<typeof logitRow>) => {
    const id = row.best();
    if (id < 0) throw notNumbers();
    return id;
  };
  return {
    sample(given) {
      const logits = withBias(given);
      const row = logitRow(logits);
      if (!native) return best(row);
      const isOwnChoice = isGreedy && !isPenalised;
      let token = isOwnChoice ? best(row) : native.draw(logits, candidates(row), false);
      if (token !== undefined && !native.allows(token)) {
        // The best of the runners-up that is allowed is the best of all that are. A draw needs the chances of all.
        token = isOwnChoice ? native.draw(logits, candidates(row), true) : undefined;
        token ??= native.draw(logits, undefined, true);
      }
      // llama.cpp ends the process over a token that its grammar does not allow.
      if (token === undefined || logits[token] === Number.NEGATIVE_INFINITY) throw nothingLeft();
      native.accept(token);
      return token;
    },
    dispose: () => native?.dispose(),
  };
}

function nothingLeft(): AppError {
  return new AppError("OUTPUT_INVALID", "The grammar and the banned tokens together allow no next token.", {
    hint: "Ban fewer tokens, or allow more in the grammar.",
  });
}
