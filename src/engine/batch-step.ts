/** One decode in the making: the tokens that tasks add, who gets which row of logits, and what runs afterwards. */

import type { LlamaContext } from "../llama/index.ts";
import type { Step } from "./task.ts";

export interface BatchStep extends Step {
  /** Sets `room` to so many tokens from here on. */
  allow(tokens: number): void;
  /** Hands out the rows of the decoded step, then runs what was to be done after it. */
  deliver(): void;
}

/** Starts an empty step. @param size tokens that fit into its time */
export function createBatchStep(context: LlamaContext, size: number): BatchStep {
  context.clearBatch();
  let end = size;
  const rows: { row: number; onRow: (logits: Float32Array) => void }[] = [];
  const commits: (() => void)[] = [];
  return {
    get room() {
      return Math.max(0, Math.min(end, context.batchSize) - context.filled);
    },
    get capacity() {
      return context.batchSize - context.filled;
    },
    get empty() {
      return context.filled === 0;
    },
    add(token, position, sequence, onRow) {
      const row = context.push(token, position, sequence, onRow !== undefined);
      if (onRow) rows.push({ row, onRow });
    },
    commit: (run) => commits.push(run),
    allow(tokens) {
      end = context.filled + tokens;
    },
    deliver() {
      for (const { row, onRow } of rows) onRow(context.logits(row));
      for (const run of commits) run();
    },
  };
}
