/** Log-probabilities of a given text: every position's logits are wanted, so nothing comes from the cache. */

import type { CacheSpace } from "./cache-space.ts";
import { logProbability } from "./distribution.ts";
import type { Task } from "./task.ts";

export interface ScoreTaskOptions {
  tokens: readonly number[];
  priority: number;
  signal: AbortSignal | undefined;
  resolve: (scores: Float64Array) => void;
  reject: (error: unknown) => void;
}

/** Rows of logits in one step; each is worked through on the event loop's thread. */
const ROWS_A_STEP = 128;

/** Creates the task. */
export function createScoreTask({ tokens, priority, signal, resolve, reject }: ScoreTaskOptions): Task {
  const scores = new Float64Array(tokens.length).fill(Number.NaN);
  let sequence: number | undefined;
  let loaded = 0;
  return {
    priority,
    signal,
    prompt: [],
    pendingPrompt: undefined,
    phase: () => "prompt",
    finished: () => loaded === tokens.length,
    admit(space: CacheSpace) {
      sequence = space.reserve(1, tokens.length)?.[0];
      return sequence !== undefined;
    },
    fill(step) {
      const count = Math.min(step.room, ROWS_A_STEP, tokens.length - loaded);
      for (let at = loaded; at < loaded + count; at++) {
        const next = tokens[at + 1];
        step.add(tokens[at]!, at, sequence!, (row) => {
          if (next !== undefined) scores[at + 1] = logProbability(row, next);
        });
      }
      step.commit(() => {
        loaded += count;
      });
    },
    end(space, error) {
      if (sequence !== undefined) {
        space.free(sequence);
        space.giveBackCells(tokens.length);
      }
      if (error) reject(error);
      else resolve(scores);
    },
  };
}
