/** A vocabulary's bytes and kinds in three arrays: told once, so that asking for a token's bytes needs no message. */

import { AppError } from "../../errors.ts";
import type { Tokenizer, TokenKind } from "../language-model.ts";

const KINDS: readonly TokenKind[] = ["normal", "control", "byte", "unused", "unknown", "user"];

export interface VocabularyTable {
  /** The tokens' bytes, one behind the other. */
  readonly bytes: Uint8Array;
  /** Where each token's bytes end, [vocabulary]. */
  readonly ends: Uint32Array;
  /** Positions in the list of kinds, [vocabulary]. */
  readonly kinds: Uint8Array;
}

type TokenFacts = Pick<Tokenizer, "tokenBytes" | "tokenKind">;

/** Asks a model for every token. */
export function packVocabulary(size: number, model: TokenFacts): VocabularyTable {
  const pieces = Array.from({ length: size }, (_, id) => model.tokenBytes(id));
  let end = 0;
  return {
    bytes: new Uint8Array(Buffer.concat(pieces)),
    ends: Uint32Array.from(pieces, (piece) => {
      end += piece.length;
      return end;
    }),
    kinds: Uint8Array.from(pieces, (_, id) => KINDS.indexOf(model.tokenKind(id))),
  };
}

/** Answers as the model did that was asked; an id outside the vocabulary is USAGE. */
export function readVocabulary({ bytes, ends, kinds }: VocabularyTable): TokenFacts {
  const checked = (id: number) => {
    if (Number.isInteger(id) && id >= 0 && id < ends.length) return id;
    throw new AppError("USAGE", `Token id ${id} is not in the vocabulary of ${ends.length}.`, {
      hint: `Ids run from 0 to ${ends.length - 1}.`,
    });
  };
  return {
    // A copy: what a caller writes into it is not the next caller's.
    tokenBytes: (id) => bytes.slice(ends[checked(id) - 1] ?? 0, ends[id]),
    tokenKind: (id) => KINDS[kinds[checked(id)]!]!,
  };
}
