/**
 * The cells and sequence ids of a context: who has which, and what is dropped when somebody needs room.
 * Cells are reserved before a task starts, so that a started task can always finish; what finished tasks
 * leave behind (the prefix cache) goes first when room is short, least recently used first.
 */

import type { LlamaContext } from "../llama/index.ts";
import { type CacheEntry, createPrefixCache, type PrefixMatch } from "./prefix-cache.ts";

export interface CacheSpace {
  /** The longest cached beginning; hold it at once, or the next reservation may drop it. */
  match(tokens: readonly number[], limit: number): PrefixMatch;
  hold(entry: CacheEntry): void;
  release(entry: CacheEntry): void;
  /** Takes sequence ids and cells, or nothing at all if they cannot be had now. */
  reserve(sequences: number, cells: number): number[] | undefined;
  giveBackCells(cells: number): void;
  /** Frees a sequence's cells and its id. */
  free(sequence: number): void;
  /** Lets `to` share the first `length` cells of `from`. */
  share(from: number, to: number, length: number): void;
  /** Forgets what sequences hold from a position on, and keeps their ids. */
  rewind(sequences: readonly number[], length: number): void;
  /** Hands a sequence over to the prefix cache. The cells it reserved are given back by the caller. */
  publish(
    sequence: number,
    tokens: readonly number[],
    parent: CacheEntry | undefined,
    shared: number,
  ): CacheEntry;
  /** Drops everything that nobody needs. True if something was dropped. */
  evictAll(): boolean;
  readonly usage: { cells: number; reserved: number; cached: number; freeSequences: number; entries: number };
}

/**
 * Creates the books over an empty context.
 * @param keepCells cells that the prefix cache may have when a task begins; those in use count, and stay. With 0 what
 * a task computed goes with it
 */
export function createCacheSpace(context: LlamaContext, keepCells = context.cells): CacheSpace {
  const cache = createPrefixCache();
  const freeSequences = Array.from({ length: context.sequences }, (_, i) => context.sequences - 1 - i);
  let reserved = 0;

  const evictOne = (): boolean => {
    const entry = cache.evict();
    if (!entry) return false;
    free(entry.sequence);
    return true;
  };
  const free = (sequence: number) => {
    context.forget(sequence, 0);
    freeSequences.push(sequence);
  };
  return {
    match: cache.match,
    hold: cache.hold,
    release(entry) {
      cache.release(entry);
      // Who keeps nothing wants each task to be computed as if it were the first: a later one must not even match.
      if (keepCells === 0) while (evictOne());
    },
    reserve(sequences, cells) {
      while (freeSequences.length < sequences) if (!evictOne()) return undefined;
      while (reserved + cache.cells + cells > context.cells) if (!evictOne()) return undefined;
      reserved += cells;
      // Only now: what is kept while nothing runs costs nothing, and the task's own beginning is held already.
      while (cache.cells > keepCells) if (!evictOne()) break;
      return freeSequences.splice(freeSequences.length - sequences, sequences);
    },
    giveBackCells(cells) {
      reserved -= cells;
    },
    free,
    share: context.share,
    rewind(sequences, length) {
      // Each call into llama.cpp walks over all cells; where nobody else has any so far back, one is enough.
      const alone = freeSequences.length + sequences.length + cache.size === context.sequences;
      if (alone && cache.longest <= length) context.forget("every", length);
      else for (const sequence of sequences) context.forget(sequence, length);
    },
    publish: cache.add,
    evictAll() {
      let any = false;
      while (evictOne()) any = true;
      return any;
    },
    get usage() {
      return {
        cells: context.cells,
        reserved,
        cached: cache.cells,
        freeSequences: freeSequences.length,
        entries: cache.size,
      };
    },
  };
}
