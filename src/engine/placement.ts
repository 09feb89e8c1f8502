/** The shape of the engine's context: what a model's memory is predicted for is what is then allocated. */

/** llama.cpp's limit (LLAMA_MAX_SEQ). */
export const MAX_SEQUENCES = 256;
const DEFAULT_CONTEXT = 4_096;

/** Tokens of context where none are asked for. */
export function defaultContext(contextTrained: number): number {
  return Math.min(contextTrained || DEFAULT_CONTEXT, DEFAULT_CONTEXT);
}

export interface ContextShape {
  /** Cells of the cache, shared by all sequences. */
  readonly cells: number;
  /** Tokens that one decode must have room for. */
  readonly batch: number;
  readonly sequences: number;
}

/**
 * The context for sequences of so many tokens and steps of so many.
 * @param cacheTokens cells for all sequences together, where that is more than one sequence may have
 */
export function contextShape(contextTokens: number, batchSize: number, cacheTokens = 0): ContextShape {
  // llama.cpp wants room for a token of every sequence in one batch, however small our steps are.
  const batch = Math.max(batchSize, MAX_SEQUENCES);
  return { cells: Math.max(contextTokens, cacheTokens) + batch, batch, sequences: MAX_SEQUENCES };
}

/** Weights under which computing a prompt again is cheaper than looking past what others have left. */
const SMALL_MODEL = 500_000_000;
const KEPT_BY_SMALL_MODELS = 256;

/**
 * Cells that the prefix cache may have when a request begins: all there is room for, except in small models. Every
 * token of a step looks at all cells in use, if only to see that they are another sequence's. With 140M weights, 2,000
 * such cells cost a third of a prompt's speed and an eighth of an answer's (bench/engine.ts); the share falls with
 * the weights, and the price of computing a lost beginning again rises with them.
 */
export function leftoverCells(parameters: number): number | undefined {
  return parameters < SMALL_MODEL ? KEPT_BY_SMALL_MODELS : undefined;
}
