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

/** Writes the bytes of a stretch anew; undefined if they can't be, or if an id of it stands for no bytes. */
export type Respell = (stretch: readonly number[]) => number[] | undefined;

/** @param isAvoided as for the trie */
export function createRespell(
  { bytes: bytesOf, uses, scores }: GuardVocabulary,
  trie: PieceTrie,
  isAvoided: (id: number) => boolean,
): Respell {
  const costOf = (id: number) => (uses[id] === "byte" ? GREATER : isAvoided(id) ? 1 : 0);
  let paths = createPaths(1_024);

  return (stretch) => {
    const length = stretch.reduce((sum, id) => sum + bytesOf[id]!.length, 0);
    if (stretch.some((id) => bytesOf[id]!.length === 0)) return undefined;
    if (length >= paths.text.length) paths = createPaths(2 * length);
    const { text, poor, pieces, score, id: last } = paths;
    let filled = 0;
    for (const id of stretch) {
      text.set(bytesOf[id]!, filled);
      filled += bytesOf[id]!.length;
    }
    poor.fill(Number.POSITIVE_INFINITY, 1, length + 1);

    for (let start = 0; start < length; start++) {
      if (poor[start] === Number.POSITIVE_INFINITY) continue;
      const count = pieces[start]! + 1;
      let node = 0;
      for (let stop = start; stop < length; ) {
        node = trie.step(node, text[stop++]!);
        if (node === -1) break;
        const id = trie.ids[node]!;
        if (id === -1) continue;
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

    if (poor[length] === Number.POSITIVE_INFINITY) return undefined;
    const ids: number[] = [];
    for (let at = length; at > 0; at -= bytesOf[last[at]!]!.length) ids.push(last[at]!);
    return ids.reverse();
  };
}

/** The path of no bytes, at position 0, is never written to. */
function createPaths(size: number): Paths {
  return {
    text: new Uint8Array(size),
    poor: new Float64Array(size),
    pieces: new Int32Array(size),
    score: new Float64Array(size),
    id: new Int32Array(size),
  };
}
