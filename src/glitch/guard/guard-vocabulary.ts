/** What a guard needs to know of a tokenizer, as plain data: it needs no model to work. */

import type { Tokenizer } from "../../engine/index.ts";
import { type Gguf, numbersOf } from "../../models/index.ts";
import type { Vocabulary } from "../vocabulary.ts";

/** What a rewrite may do with an id: use it, use it where nothing else fits, or never. */
export type PieceUse = "piece" | "byte" | "none";

export interface GuardVocabulary {
  /** By id: the bytes that it stands for; none for control tokens. */
  readonly bytes: readonly Uint8Array[];
  /** By id. */
  readonly uses: readonly PieceUse[];
  /** By id, larger is better: what the tokenizer itself goes by. Without them the lower id is the better one. */
  readonly scores?: ArrayLike<number> | undefined;
}

/**
 * The vocabulary of a model. Only ids that text can become are pieces: an unreachable one was no more trained
 * than the token it would stand in for.
 * @param classes by id, from classifyVocabulary()
 * @param scores by id, from pieceScores()
 */
export function guardVocabulary(
  model: Pick<Tokenizer, "info" | "tokenBytes">,
  { classes }: Pick<Vocabulary, "classes">,
  scores?: ArrayLike<number>,
): GuardVocabulary {
  const ids = Array.from({ length: model.info.vocabulary }, (_, id) => id);
  const useOf = (id: number): PieceUse =>
    classes[id] === "normal" ? "piece" : classes[id] === "byte" ? "byte" : "none";
  return { bytes: ids.map((id) => model.tokenBytes(id)), uses: ids.map(useOf), scores };
}

/** The tokenizer's scores in a model file; undefined where it has none, as byte-level BPE. */
export function pieceScores(gguf: Pick<Gguf, "metadata">): ArrayLike<number> | undefined {
  const scores = numbersOf(gguf, "tokenizer.ggml.scores");
  return scores === undefined ? undefined : Float64Array.from(scores, Number);
}
