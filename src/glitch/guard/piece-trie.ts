/** All usable pieces by their bytes, in flat arrays: a walk allocates nothing. */

import type { GuardVocabulary } from "./guard-vocabulary.ts";

export interface PieceTrie {
  /** The node one byte further, or -1. The root is 0. */
  step(node: number, byte: number): number;
  /** By node: the best id whose bytes lead here, or -1. */
  readonly ids: Int32Array;
}

/**
 * Builds the trie of the ids that a rewrite may use. Of several ids with the same bytes the best stands for
 * all: a piece before a byte token, then one that need not be avoided, then by score.
 * @param isBanned ids that must never be used
 * @param isAvoided ids to use only where nothing else of their kind fits
 */
export function buildPieceTrie(
  { bytes, uses, scores }: GuardVocabulary,
  isBanned: (id: number) => boolean,
  isAvoided: (id: number) => boolean,
): PieceTrie {
  const usable = [...uses.keys()].filter(
    (id) => uses[id] !== "none" && bytes[id]!.length > 0 && !isBanned(id),
  );
  const total = usable.reduce((sum, id) => sum + bytes[id]!.length, 0);
  const edges = createEdges(total);
  const ids = new Int32Array(total + 1).fill(-1);
  const isBetter = (id: number, than: number) =>
    Number(uses[than] === "byte") - Number(uses[id] === "byte") ||
    Number(isAvoided(than)) - Number(isAvoided(id)) ||
    (scores ? scores[id]! - scores[than]! : than - id);
  let nodes = 1;
  for (const id of usable) {
    let node = 0;
    for (const byte of bytes[id]!) {
      const next = edges.find(node, byte);
      node = next === -1 ? edges.add(node, byte, nodes++) : next;
    }
    if (ids[node] === -1 || isBetter(id, ids[node]!) > 0) ids[node] = id;
  }
  return { step: edges.find, ids: ids.slice(0, nodes) };
}

/** (node, byte) -> node, by open addressing: a Map of numbers takes five times as long. */
function createEdges(most: number) {
  const size = 2 ** Math.ceil(Math.log2(2 * most + 2));
  const mask = size - 1;
  // Key 0 marks a free slot; vocabularies of 8 million bytes still fit in 31 bits.
  const keys = new Int32Array(size);
  const values = new Int32Array(size);
  const slotOf = (key: number) => {
    let slot = Math.imul(key, 0x9e3779b1) >>> 7;
    while (keys[slot & mask] !== 0 && keys[slot & mask] !== key) slot++;
    return slot & mask;
  };
  const keyOf = (node: number, byte: number) => node * 256 + byte + 1;
  return {
    find(node: number, byte: number): number {
      const slot = slotOf(keyOf(node, byte));
      return keys[slot] === 0 ? -1 : values[slot]!;
    },
    add(node: number, byte: number, next: number): number {
      const slot = slotOf(keyOf(node, byte));
      keys[slot] = keyOf(node, byte);
      values[slot] = next;
      return next;
    },
  };
}
