/**
 * Which texts are like those of the failures found: weights can lie, but the pieces that a tokenizer learnt from
 * text that the model never saw come in families, of a language, a site, a program's output.
 */

export interface TextLikeness {
  /** Tells of a token that failed. */
  add(id: number): void;
  /** Above 0 for texts that share more with the failures than with the rest; 0 while none is known. */
  score(id: number): number;
}

/** Longest piece of a text that counts. */
const LONGEST = 4;
/** Occurrences that every piece is thought to have had before, at the base rate. */
const PSEUDO = 2;

/**
 * Counts pieces of 1 to 4 characters, the text's borders among them, and asks how much commoner each is among
 * the failures than among all ids (naive Bayes from positive and unlabelled examples: tokens that work are
 * nearly all). The mean over a text's pieces is scaled by the square root of their number, since pieces overlap.
 *
 * @param ids the tokens that may be told or asked
 */
export function createTextLikeness(ids: readonly number[], textOf: (id: number) => string): TextLikeness {
  const pieceIds = new Map<string, number>();
  const piecesOf = new Map<number, Uint32Array>();
  for (const id of ids) {
    const own = [...piecesIn(textOf(id))].map((piece) => {
      const known = pieceIds.get(piece) ?? pieceIds.size;
      pieceIds.set(piece, known);
      return known;
    });
    piecesOf.set(id, Uint32Array.from(own));
  }
  const all = new Uint32Array(pieceIds.size);
  const failed = new Uint32Array(pieceIds.size);
  for (const pieces of piecesOf.values()) for (const piece of pieces) all[piece]!++;
  let failures = 0;

  return {
    add(id) {
      failures++;
      for (const piece of piecesOf.get(id)!) failed[piece]!++;
    },
    score(id) {
      const pieces = piecesOf.get(id)!;
      if (failures === 0 || pieces.length === 0) return 0;
      const rate = failures / ids.length;
      let sum = 0;
      for (const piece of pieces)
        sum += Math.log((failed[piece]! + PSEUDO * rate) / ((all[piece]! + PSEUDO) * rate));
      return sum / Math.sqrt(pieces.length);
    },
  };
}

/** Every stretch of up to LONGEST characters of a text between its borders. */
function piecesIn(text: string): Set<string> {
  const characters = ["\u0002", ...text, "\u0003"];
  const pieces = new Set<string>();
  for (let from = 0; from < characters.length; from++)
    for (let length = 1; length <= LONGEST && from + length <= characters.length; length++)
      pieces.add(characters.slice(from, from + length).join(""));
  return pieces;
}
