/** A tokenizer.json of a SentencePiece vocabulary, as transformers exports it. */

import { PIECE_TYPE, type Piece } from "../models/convert/sentencepiece.ts";

/**
 * Vocabulary and merges: every split of a piece into two others is a merge, those of the best piece first, and of
 * one score those with the longest left side (transformers, convert_slow_tokenizer.py, generate_merges).
 */
export function encodeTokenizerJson(pieces: readonly Piece[]): string {
  const texts = pieces.map(({ text }) => new TextDecoder("utf-8", { ignoreBOM: true }).decode(text));
  const idOf = new Map(texts.map((text, id) => [text, id]));
  const merges: { left: string; right: string; score: number }[] = [];
  for (const [id, { score, type }] of pieces.entries()) {
    if (type !== PIECE_TYPE.normal) continue;
    const characters = [...texts[id]!];
    const splits = characters
      .slice(1)
      .map((_, at) => [characters.slice(0, at + 1).join(""), characters.slice(at + 1).join("")] as const)
      .filter(([left, right]) => idOf.has(left) && idOf.has(right))
      .toSorted((a, b) => idOf.get(a[0])! - idOf.get(b[0])! || idOf.get(a[1])! - idOf.get(b[1])!);
    merges.push(...splits.map(([left, right]) => ({ left, right, score })));
  }
  const length = (text: string) => [...text].length;
  merges.sort(
    (a, b) => b.score - a.score || length(b.left) - length(a.left) || length(b.right) - length(a.right),
  );
  const added = pieces.flatMap(({ type }, id) =>
    type === PIECE_TYPE.unknown || type === PIECE_TYPE.control
      ? [{ id, content: texts[id], special: true, normalized: false, lstrip: false, rstrip: false }]
      : [],
  );
  return JSON.stringify({
    version: "1.0",
    added_tokens: added,
    normalizer: {
      type: "Sequence",
      normalizers: [
        { type: "Prepend", prepend: "\u2581" },
        { type: "Replace", pattern: { String: " " }, content: "\u2581" },
      ],
    },
    pre_tokenizer: null,
    decoder: { type: "Sequence", decoders: [{ type: "ByteFallback" }, { type: "Fuse" }] },
    model: {
      type: "BPE",
      unk_token: "<unk>",
      fuse_unk: true,
      byte_fallback: true,
      vocab: Object.fromEntries(idOf),
      merges: merges.map(({ left, right }) => `${left} ${right}`),
    },
  });
}
