/** The logits at every position of a given text: all are wanted, so nothing comes from the cache. */

import type { CacheSpace } from "./cache-space.ts";
import type { Task } from "./task.ts";

export interface ScoreTaskOptions {
  tokens: readonly number[];
  priority: number;
  client: string;
  signal: AbortSignal | undefined;
  /** Gets the logits after the token at that place, [vocabulary], valid only during the call. */
  onRow: (at: number, logits: Float32Array) => void;
  /** Called once, without an error when every row was given. */
  onEnd: (error?: unknown) => void;
}

/** Rows of logits in one step; each is worked through on the event loop's thread. */
const ROWS_A_STEP = 128;

/** Creates the task. */
export function createScoreTask(options: ScoreTaskOptions): Task {
  const { tokens, onRow, onEnd } = options;
  let sequence: number | undefined;
  let loaded = 0;
  return {
    priority: options.priority,
    client: options.client,
    signal: options.signal,
    prompt: [],
    pendingPrompt: undefined,
    phase: () => "prompt",
    promptTokens: () => Math.min(ROWS_A_STEP, tokens.length - loaded),
    finished: () => loaded === tokens.length,
    admit(space: CacheSpace) {
      sequence = space.reserve(1, tokens.length)?.[0];
      return sequence !== undefined;
    },
    fill(step) {
      const count = Math.min(step.room, ROWS_A_STEP, tokens.length - loaded);
      for (let at = loaded; at < loaded + count; at++) {
        step.add(tokens[at]!, at, sequence!, (row) => onRow(at, row));
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
      onEnd(error);
    },
  };
}
