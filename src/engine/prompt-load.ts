/**
 * Bringing a prompt into the cache: find the longest cached beginning, compute the rest in chunks, and leave
 * it for others. Shared by generation and probes.
 */

import type { CacheSpace } from "./cache-space.ts";
import type { CacheEntry } from "./prefix-cache.ts";
import type { Step } from "./task.ts";

export interface PromptLoad {
  /** Tokens that came from the cache. */
  readonly cached: number;
  done(): boolean;
  /** Tokens that are still to be computed. */
  remaining(): number;
  /** Adds the next chunk; `onLast` gets the logits after the last token. */
  fill(step: Step, onLast?: (logits: Float32Array) => void): void;
  /** The sequence that holds the whole prompt. */
  source(): number;
  /** What a sequence that goes on from the prompt shares with the cache. */
  shared(): { entry: CacheEntry | undefined; length: number };
  end(): void;
}

/** A prompt to be loaded and the room for it, or undefined if that cannot be had now. */
export interface PromptLoadRequest {
  tokens: readonly number[];
  /** Tokens that may come from the cache; one less than all where the last one's logits are wanted. */
  limit: number;
  /** Further sequence ids and cells that the task needs beside the prompt's own. */
  sequences: number;
  cells: number;
}

/** An own sequence is published only if it adds more than this to what is cached already. */
const WORTH_PUBLISHING = 1;

/** Reserves room and starts; gives the extra sequence ids too. */
export function startPromptLoad(
  space: CacheSpace,
  { tokens, limit, sequences, cells }: PromptLoadRequest,
): { load: PromptLoad; sequences: number[] } | undefined {
  const { entry: parent, length: cached } = space.match(tokens, limit);
  if (parent) space.hold(parent);
  const own = tokens.length - cached;
  const ids = space.reserve(sequences + (own > 0 ? 1 : 0), own + cells);
  if (!ids) {
    if (parent) space.release(parent);
    return undefined;
  }
  const extra = own > 0 ? ids.slice(1) : ids;
  const sequence = own > 0 ? ids[0]! : undefined;
  if (sequence !== undefined && parent) space.share(parent.sequence, sequence, cached);
  let loaded = cached;
  let entry: CacheEntry | undefined;
  const load: PromptLoad = {
    cached,
    done: () => loaded === tokens.length,
    remaining: () => tokens.length - loaded,
    fill(step, onLast) {
      const count = Math.min(step.room, tokens.length - loaded);
      for (let at = loaded; at < loaded + count; at++)
        step.add(tokens[at]!, at, sequence!, at === tokens.length - 1 ? onLast : undefined);
      step.commit(() => {
        loaded += count;
        if (loaded < tokens.length || own <= WORTH_PUBLISHING) return;
        entry = space.publish(sequence!, tokens, parent, cached);
        space.giveBackCells(own);
        space.hold(entry);
      });
    },
    source: () => sequence ?? parent!.sequence,
    shared: () => (entry ? { entry, length: tokens.length } : { entry: parent, length: cached }),
    end() {
      if (entry) space.release(entry);
      else if (sequence !== undefined) {
        space.free(sequence);
        space.giveBackCells(own);
      }
      if (parent) space.release(parent);
    },
  };
  return { load, sequences: extra };
}
