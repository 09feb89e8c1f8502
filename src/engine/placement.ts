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
