/**
 * Sequences whose work is done but whose cells stay in the cache, so that a later prompt with the same
 * beginning need not be computed again. Pure bookkeeping: the caller moves cells as it is told.
 *
 * An entry may share its first cells with a parent entry; each cell is counted once, at the entry that
 * computed it. An entry in use, or with children, is never dropped.
 */

export interface CacheEntry {
  readonly sequence: number;
  readonly tokens: readonly number[];
  /** Cells that belong to this entry alone. */
  readonly ownCells: number;
  readonly parent: CacheEntry | undefined;
  /** Tasks that read it, plus entries that share its cells. */
  users: number;
  usedAt: number;
}

export interface PrefixMatch {
  readonly entry: CacheEntry | undefined;
  /** Tokens that need not be computed. */
  readonly length: number;
}

export interface PrefixCache {
  /** The entry with the longest common beginning, at most `limit` tokens of it. */
  match(tokens: readonly number[], limit: number): PrefixMatch;
  /** Adds a finished sequence that shares `shared` cells with `parent`. */
  add(
    sequence: number,
    tokens: readonly number[],
    parent: CacheEntry | undefined,
    shared: number,
  ): CacheEntry;
  hold(entry: CacheEntry): void;
  release(entry: CacheEntry): void;
  /** Removes the least recently used entry that nobody needs; the caller frees its sequence. */
  evict(): CacheEntry | undefined;
  /** Cells of all entries together. */
  readonly cells: number;
  readonly size: number;
  /** Tokens of the longest entry. */
  readonly longest: number;
}

/** Creates an empty cache. */
export function createPrefixCache(): PrefixCache {
  const entries = new Set<CacheEntry>();
  let clock = 0;
  let cells = 0;
  return {
    match(tokens, limit) {
      let best: CacheEntry | undefined;
      let length = 0;
      for (const entry of entries) {
        const common = commonLength(entry.tokens, tokens, limit);
        if (common > length) {
          best = entry;
          length = common;
        }
      }
      if (best) best.usedAt = ++clock;
      return { entry: best, length };
    },
    add(sequence, tokens, parent, shared) {
      const entry = { sequence, tokens, ownCells: tokens.length - shared, parent, users: 0, usedAt: ++clock };
      entries.add(entry);
      cells += entry.ownCells;
      if (parent) parent.users++;
      return entry;
    },
    hold(entry) {
      entry.users++;
    },
    release(entry) {
      entry.users--;
      entry.usedAt = ++clock;
    },
    evict() {
      let oldest: CacheEntry | undefined;
      for (const entry of entries)
        if (entry.users === 0 && (!oldest || entry.usedAt < oldest.usedAt)) oldest = entry;
      if (!oldest) return undefined;
      entries.delete(oldest);
      cells -= oldest.ownCells;
      if (oldest.parent) oldest.parent.users--;
      return oldest;
    },
    get cells() {
      return cells;
    },
    get size() {
      return entries.size;
    },
    get longest() {
      let longest = 0;
      for (const { tokens } of entries) longest = Math.max(longest, tokens.length);
      return longest;
    },
  };
}

/** Length of the common beginning of two token lists, at most `limit`. */
export function commonLength(a: readonly number[], b: readonly number[], limit: number): number {
  const end = Math.min(a.length, b.length, limit);
  let at = 0;
  while (at < end && a[at] === b[at]) at++;
  return at;
}
