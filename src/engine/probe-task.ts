/**
 * Many short tails behind one prefix. The prefix is computed once; every case gets a sequence that shares its
 * cells and adds only the tail, so a probe costs as many tokens as its tail has, not as the whole prompt.
 */

import type { CacheSpace } from "./cache-space.ts";
import type { Channel } from "./channel.ts";
import { distribution } from "./distribution.ts";
import type { ProbeCase, ProbeResult } from "./language-model.ts";
import { type PromptLoad, startPromptLoad } from "./prompt-load.ts";
import type { Task } from "./task.ts";

export interface ProbeTaskOptions {
  prefix: readonly number[];
  cases: readonly ProbeCase[];
  topK: number;
  priority: number;
  client: string;
  signal: AbortSignal;
  results: Channel<ProbeResult>;
  /** Tokens in one decode. */
  batchSize: number;
  /** Sequence ids that this task may take. */
  maxSequences: number;
}

/** Creates the task. An empty prefix is allowed. */
export function createProbeTask(options: ProbeTaskOptions): Task {
  const { prefix, cases, topK, results, batchSize, maxSequences } = options;
  const longest = Math.max(...cases.map(({ tail }) => tail.length));
  const shortest = Math.min(...cases.map(({ tail }) => tail.length));
  const slotCount = Math.max(1, Math.min(cases.length, maxSequences, Math.floor(batchSize / shortest)));
  // One decode holds at most a batch of tail tokens, and they are forgotten before the next.
  const tailCells = Math.max(longest, Math.min(slotCount * longest, batchSize));
  let space: CacheSpace | undefined;
  let load: PromptLoad | undefined;
  let slots: number[] = [];
  let attached = false;
  let next = 0;
  let done = 0;

  return {
    priority: options.priority,
    client: options.client,
    signal: options.signal,
    prompt: prefix,
    get pendingPrompt() {
      return load && !load.done() ? prefix : undefined;
    },
    phase: () => (load?.done() ? "probing" : "prompt"),
    promptTokens: () => load?.remaining() ?? prefix.length,
    finished: () => done === cases.length,
    admit(from) {
      const started = startPromptLoad(from, {
        tokens: prefix,
        limit: prefix.length,
        sequences: slotCount,
        cells: tailCells,
      });
      if (!started) return false;
      load = started.load;
      slots = started.sequences;
      space = from;
      return true;
    },
    fill(step) {
      if (!load!.done()) {
        load!.fill(step);
        return;
      }
      if (!attached) attach();
      let used = 0;
      for (const slot of slots) {
        const index = next + used;
        const probe = cases[index];
        if (!probe) break;
        // A first tail may take longer than a step should, or a slow machine would never get to it.
        if (probe.tail.length > (step.empty ? step.capacity : step.room)) break;
        used++;
        probe.tail.forEach((token, offset) => {
          const last = offset === probe.tail.length - 1;
          step.add(
            token,
            prefix.length + offset,
            slot,
            last ? (row) => report(index, probe.target, row) : undefined,
          );
        });
      }
      step.commit(() => {
        next += used;
        space!.rewind(slots, prefix.length);
      });
    },
    end(to, error) {
      for (const slot of slots) to.free(slot);
      if (load) {
        to.giveBackCells(tailCells);
        load.end();
      }
      if (error) results.fail(error);
      else results.end();
    },
  };

  function attach(): void {
    attached = true;
    for (const slot of slots) if (prefix.length > 0) space!.share(load!.source(), slot, prefix.length);
  }

  function report(index: number, target: number, row: Float32Array): void {
    done++;
    results.push({ index, ...distribution(row, target, topK) });
  }
}
