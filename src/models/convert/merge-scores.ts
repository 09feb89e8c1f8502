/**
 * Merges of a tokenizer.json -> scores of a SentencePiece vocabulary. transformers wrote the merges from the scores
 * (convert_slow_tokenizer.py, generate_merges: every split of a piece into two others, best score first), so the
 * order in which pieces first appear gives the scores back. llama.cpp's own converter writes -1000 for all, which
 * splits texts another way.
 */

export interface MergeScores {
  /** Piece -> score; only pieces that some merge makes. */
  readonly scores: ReadonlyMap<string, number>;
  /** Pieces that llama.cpp could put together from two others although no merge says so. */
  readonly unmerged: readonly string[];
}

/**
 * Derives scores, 0 for the first piece that is merged, then -1, -2 …
 * @param merges left and right, best first
 * @param isPiece whether a text is an ordinary piece of the vocabulary
 */
export function mergeScores(
  merges: readonly (readonly [string, string])[],
  pieces: Iterable<string>,
  isPiece: (text: string) => boolean,
): MergeScores {
  const scores = new Map<string, number>();
  const known = new Set<string>();
  for (const [left, right] of merges) {
    const piece = left + right;
    known.add(`${left} ${right}`);
    if (!scores.has(piece)) scores.set(piece, 0 - scores.size);
  }
  const unmerged: string[] = [];
  for (const piece of pieces) if (hasUnknownSplit(piece, known, isPiece)) unmerged.push(piece);
  return { scores, unmerged };
}

function hasUnknownSplit(
  piece: string,
  known: ReadonlySet<string>,
  isPiece: (text: string) => boolean,
): boolean {
  let at = 0;
  for (const character of piece) {
    at += character.length;
    if (at === piece.length) return false;
    const left = piece.slice(0, at);
    const right = piece.slice(at);
    if (isPiece(left) && isPiece(right) && !known.has(`${left} ${right}`)) return true;
  }
  return false;
}
