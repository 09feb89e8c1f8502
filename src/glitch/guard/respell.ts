/**
 * The best way to write given bytes in the ids of a trie: a shortest path over the positions between bytes.
 * Fewest byte tokens, then fewest ids that should be avoided, then fewest ids, then the greatest sum of scores.
 */

import type { GuardVocabulary } from "./guard-vocabulary.ts";
import type { PieceTrie } from "./piece-trie.ts";

/** Two counts share one number: 2^26 of the lesser fit below one of the greater, within the 53 exact bits. */
const GREATER = 2 ** 26;

/** Working memory by position, grown as needed and used again for every stretch. */
interface Paths {
  readonly text: Uint8Array;
  /** GREATER for each byte token, 1 for each avoided id. */
  readonly poor: Float64Array;
  /** Ids of the best path here. */
  readonly pieces: Int32Array;
  readonly score: Float64Array;
  /** The last id of the best path here. */
  readonly id: Int32Array;
}

/** A part of a stretch: so many ids of it are written as `after`; undefined if one id can't be written anew. */
export interface Respelt {
  readonly count: number;
  readonly after: readonly number[] | undefined;
}

/**
 * Writes a stretch anew, in parts: from each id on the longest part that can be, else the id alone stays. The
 * longest, so that nothing is left for a second time: neighbours that stay can't be written together either.
 */
export type Respell = (stretch: readonly number[]) => Respelt[];

/** @param isAvoided as for the trie */
export function createRespell(
  { bytes: bytesOf, uses, scores }: GuardVocabulary,
  trie: PieceTrie,
  isAvoided: (id: number) => boolean,
): Respell {
  const costOf = (id: number) => (uses[id] === "byte" ? GREATER : isAvoided(id) ? 1 : 0);
  let paths = createPaths(1_024);

  /** Finds the best paths from `from` to all positions up to `length`; returns the last one that has any. */
  function walk(from: number, length: number): number {
    const { text, poor, pieces, score, id: last } = paths;
    let reach = from;
    poor[from] = 0;
    pieces[from] = 0;
    score[from] = 0;
    for (let start = from; start <= reach && start < length; start++) {
      if (poor[start] === Number.POSITIVE_INFINITY) continue;
      const count = pieces[start]! + 1;
      let node = 0;
      for (let stop = start; stop < length; ) {
        node = trie.step(node, text[stop++]!);
        if (node === -1) break;
        const id = trie.ids[node]!;
        if (id === -1) continue;
        // Positions are cleared as they are reached: a walk that ends soon must not cost the whole text.
        while (reach < stop) poor[++reach] = Number.POSITIVE_INFINITY;
        const cost = poor[start]! + costOf(id);
        if (cost > poor[stop]!) continue;
        const sum = score[start]! + (scores ? scores[id]! : -id);
        const isBetter =
          cost < poor[stop]! || count < pieces[stop]! || (count === pieces[stop]! && sum > score[stop]!);
        if (!isBetter) continue;
        poor[stop] = cost;
        pieces[stop] = count;
        score[stop] = sum;
        last[stop] = id;
      }
    }
    return reach;
  }

  function idsBetween(from: number, end: number): number[] {
    const ids: number[] = [];
    for (let at = end; at > from; at -= bytesOf[paths.id[at]!]!.length) ids.push(paths.id[at]!);
    return ids.reverse();
  }

  return (stretch) => {
    const borders = [0];
    for (const id of stretch) borders.push(borders.at(-1)! + bytesOf[id]!.length);
    const length = borders.at(-1)!;
    if (length >= paths.text.length) paths = createPaths(2 * length);
    for (const [index, id] of stretch.entries()) paths.text.set(bytesOf[id]!, borders[index]!);

    const parts: Respelt[] = [];
    let border = 0;
    for (let index = 0; index < stretch.length; ) {
      // An id that stands for no bytes, such as a control token, can't be written and ends what can.
      if (border <= index) border = nextEmpty(borders, index);
      const from = borders[index]!;
      const reach = walk(from, borders[border]!);
      let end = index;
      for (let at = index + 1; at <= border && borders[at]! <= reach; at++)
        if (paths.poor[borders[at]!] !== Number.POSITIVE_INFINITY) end = at;
      const after = end > index ? idsBetween(from, borders[end]!) : undefined;
      const count = after ? end - index : 1;
      parts.push({ count, after });
      index += count;
    }
    return parts;
  };
}

/** The first id from `index` on that stands for no bytes, or how many ids there are. */
function nextEmpty(borders: readonly number[], index: number): number {
  let at = index;
  while (at < borders.length - 1 && borders[at + 1]! > borders[at]!) at++;
  return at;
}

/** The first position of a walk is its beginning. */
function createPaths(size: number): Paths {
  return {
    text: new Uint8Array(size),
    poor: new Float64Array(size),
    pieces: new Int32Array(size),
    score: new Float64Array(size),
    id: new Int32Array(size),
  };
}
