/**
 * How many tokens a decode may take, so that nobody waits longer than a set time for the next one: an abort
 * or a new request is seen between steps. The speed is learned as the engine runs.
 */

export interface StepSize {
  /** Tokens for the next step. */
  next(): number;
  /** Tells how long a step of so many tokens took. */
  learn(tokens: number, milliseconds: number): void;
}

/** Weight of the newest measurement. */
const LEARNING_RATE = 0.3;
/** Below this a matrix product costs as much as a larger one, so smaller steps win no time. */
const SMALLEST = 8;

/** @param stepMs the time a step should take at most */
export function createStepSize(batchSize: number, stepMs: number): StepSize {
  let msPerToken = 0;
  return {
    // Until a speed is known the step is a whole batch: on a fast machine that is right, on a slow one it
    // is a single long step.
    next: () =>
      msPerToken === 0 ? batchSize : Math.max(SMALLEST, Math.min(batchSize, Math.floor(stepMs / msPerToken))),
    learn(tokens, milliseconds) {
      // Small steps are dominated by fixed costs and would teach too low a speed.
      if (tokens < SMALLEST) return;
      const measured = milliseconds / tokens;
      msPerToken = msPerToken === 0 ? measured : msPerToken + LEARNING_RATE * (measured - msPerToken);
    },
  };
}
