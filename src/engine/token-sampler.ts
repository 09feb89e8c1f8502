/**
 * Choosing a token from a row of logits, on the one thread that everybody's tokens go through. The most probable one is
 * found here, in one pass over the row; of what llama.cpp's samplers do, they are asked over as few candidates as decide
 * the same (docs/decisions/008-serving-cache.md has the figures).
 */

import { AppError } from "../errors.ts";
import { createSampler, type LlamaModel, type SamplerOptions } from "../llama/index.ts";
import { notNumbers } from "./distribution.ts";
import { type LogitRow, logitRow } from "./logit-row.ts";
import { createNucleus } from "./nucleus.ts";

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

/** Ids that are shown to a grammar which has refused the best one, before it is shown all. */
const RUNNERS_UP = 64;

/**
 * Makes a sampler of a model's vocabulary.
 * @throws USAGE when llama.cpp cannot parse the grammar: never an unconstrained answer in its place
 */
export function createTokenSampler(model: LlamaModel, options: TokenSamplerOptions): TokenSampler {
  const { temperature, topK, topP, logitBias } = options;
  const isPenalised =
    options.repeatPenalty !== 1 || options.frequencyPenalty !== 0 || options.presencePenalty !== 0;
  // Penalties change logits by what was chosen before, which llama.cpp keeps: then all is its own.
  const isGreedy = temperature <= 0 && !isPenalised;
  const cut = isPenalised ? undefined : createNucleus({ temperature, topK, topP });
  const needsNative = !isGreedy || options.grammar !== undefined;
  const native = needsNative
    ? createSampler(model, cut ? { ...options, topK: 0, topP: 1 } : options)
    : undefined;
  const biased = logitBias?.size ? new Float32Array(model.vocabulary) : undefined;

  const withBias = (logits: Float32Array) => {
    if (!biased) return logits;
    biased.set(logits);
    for (const [id, bias] of logitBias!) biased[id]! += bias;
    return biased;
  };
  const choose = (logits: Float32Array, row: LogitRow) => {
    const best = row.best();
    if (best < 0) throw notNumbers();
    if (row.max === Number.NEGATIVE_INFINITY) throw nothingLeft();
    return isGreedy ? best : native!.draw(logits, cut?.ofAll(row));
  };
  const chooseAllowed = (logits: Float32Array, row: LogitRow) => {
    const isBanned = (id: number) => logits[id] === Number.NEGATIVE_INFINITY;
    // The best of the runners-up that is allowed is the best of all that are. A draw needs the chances of all.
    const runnerUp = isGreedy ? native!.allowed(row.top(RUNNERS_UP))[0] : undefined;
    if (runnerUp !== undefined && !isBanned(runnerUp)) return runnerUp;
    const ids = native!.allowed(undefined).filter((id) => !isBanned(id));
    // llama.cpp ends the process over a token that its grammar does not allow.
    if (ids.length === 0) throw nothingLeft();
    if (isGreedy) return ids.reduce((best, id) => (logits[id]! > logits[best]! ? id : best));
    return native!.draw(logits, cut ? cut.of(logits, ids) : ids);
  };
  return {
    sample(given) {
      const logits = withBias(given);
      const row = logitRow(logits);
      let token = choose(logits, row);
      if (!native) return token;
      if (!native.allows(token) || logits[token] === Number.NEGATIVE_INFINITY)
        token = chooseAllowed(logits, row);
      native.accept(token);
      return token;
    },
    dispose: () => native?.dispose(),
  };
}

function nothingLeft(): AppError {
  return new AppError("OUTPUT_INVALID", "Banned tokens and grammar together allow no next token.", {
    hint: "Ban fewer tokens, or allow more in the grammar.",
  });
}
