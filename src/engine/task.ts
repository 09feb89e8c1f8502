/** What the scheduler knows of a piece of work: it asks for room, adds tokens to steps, and ends. */

import type { CacheSpace } from "./cache-space.ts";

/** One decode in the making. */
export interface Step {
  /** Tokens that still fit into the step's time. */
  readonly room: number;
  /** Tokens that still fit into the batch; for what cannot be cut: a token for each sequence, a first tail. */
  readonly capacity: number;
  /** Nothing was added yet. */
  readonly empty: boolean;
  /** Adds a token; `onRow` gets the logits [vocabulary] after it, valid only during the call. */
  add(token: number, position: number, sequence: number, onRow?: (logits: Float32Array) => void): void;
  /** Runs when the step has been decoded, after all rows. A step that fails is as if it had not been. */
  commit(run: () => void): void;
}

/** Within a step: sequences that generate, then prompts, then probe cases, which can take any room left. */
export type Phase = "generating" | "prompt" | "probing";

export interface Task {
  readonly priority: number;
  /** Who asks; those of equal priority take turns. */
  readonly client: string;
  readonly signal: AbortSignal | undefined;
  /** Tokens being computed that others may want to share; undefined once they are in the cache. */
  readonly pendingPrompt: readonly number[] | undefined;
  /** The whole prompt, to see whether it is worth waiting for somebody's pendingPrompt. */
  readonly prompt: readonly number[];
  phase(): Phase;
  /** Prompt tokens that it could add to a step; 0 when the prompt is done. */
  promptTokens(): number;
  /** Takes what it needs from the space; false if that cannot be had now, and then nothing is taken. */
  admit(space: CacheSpace): boolean;
  fill(step: Step): void;
  finished(): boolean;
  /** Gives everything back and tells the reader; called exactly once, admitted or not. */
  end(space: CacheSpace, error?: unknown): void;
}
