/**
 * How many tokens a decode may take, so that nobody waits longer than a set time for the next one: an abort
 * or a new request is seen between steps. The size is learned as the engine runs.
 *
 * A decode costs a fixed part, reading the weights, and a part for each token. Steps that only generate are small
 * and show the fixed part alone, so time per token taken from them would cut prompts into crumbs: the size follows
 * steps that were as large as allowed, and nothing else.
 */

export interface StepSize {
  /** Tokens for the next step. */
  next(): number;
  /** Tells how long a step of so many tokens took. */
  learn(tokens: number, milliseconds: number): void;
}

/** Below this a matrix product costs as much as a larger one, so smaller steps win no time. */
const SMALLEST = 8;
/** A step has filled its size from this share on. */
const FULL = 3 / 4;
/** Where even the smallest step takes longer than it should, a larger one may take this many times that. */
const WORTH_OF_SMALLEST = 2;
/** Weight of the newest of the smallest steps. */
const LEARNING_RATE = 0.3;

/** @param stepMs the time a step should take at most */
export function createStepSize(batchSize: number, stepMs: number): StepSize {
  // Until a speed is known the step is a whole batch: on a fast machine that is right, on a slow one it
  // is a single long step.
  let size = batchSize;
  let isFirst = true;
  let smallestMs = 0;
  return {
    next: () => Math.floor(size),
    learn(tokens, milliseconds) {
      if (tokens <= SMALLEST)
        smallestMs =
          smallestMs === 0 ? milliseconds : smallestMs + LEARNING_RATE * (milliseconds - smallestMs);
      if (tokens < Math.floor(size) * FULL) return;
      const wanted = Math.max(stepMs, WORTH_OF_SMALLEST * smallestMs);
      // One slow step may be the machine's hiccup, but the first says how fast the machine is.
      const least = isFirst ? 0 : size / 2;
      const aim = Math.max(least, Math.min(2 * size, (tokens * wanted) / milliseconds));
      size = Math.max(SMALLEST, Math.min(batchSize, aim));
      isFirst = false;
    },
  };
}
