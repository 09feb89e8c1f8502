/**
 * Step 3 of the demo: the token that failed, guarded. The same text stands in the same request in other pieces;
 * whatever the model then says is shown, right or wrong.
 */

import type { LanguageModel } from "../../engine/index.ts";
import { classifyVocabulary, createGuard, guardVocabulary, pieceScores } from "../../glitch/index.ts";
import type { Gguf } from "../../models/index.ts";
import { visibleToken } from "../../visible-token.ts";
import { askToRepeat, type OneTokenFigures } from "./one-token.ts";

interface ShownToken {
  readonly id: number;
  readonly text: string;
}

export interface GuardedFigures {
  readonly before: ShownToken;
  /** What stands for it now; its own id if its bytes can't be written otherwise. */
  readonly pieces: readonly ShownToken[];
  readonly reply: string;
  readonly repeated: boolean;
}

/** Asks once more with the guard; undefined if no token failed. */
export async function showGuarded(
  model: LanguageModel,
  gguf: Gguf,
  figures: OneTokenFigures | undefined,
  signal: AbortSignal,
): Promise<GuardedFigures | undefined> {
  if (figures === undefined) return undefined;
  const { id, text } = figures.glitch;
  const classes = await classifyVocabulary(model, signal);
  const vocabulary = guardVocabulary(model, classes, pieceScores(gguf));
  const { ids } = createGuard({ vocabulary, banned: [id] }).rewrite([id]);
  const answer = await askToRepeat(model, { ids, text: classes.texts[id]! }, { signal, banned: [id] });
  const pieces = ids.map((piece) => ({ id: piece, text: visibleToken(model.tokenBytes(piece)) }));
  return { before: { id, text }, pieces, ...answer };
}

export function describeGuarded(figures: GuardedFigures | undefined): string[] {
  if (figures === undefined) return ["No token failed, so there is nothing to guard against."];
  const { before, pieces, reply, repeated } = figures;
  if (pieces.some(({ id }) => id === before.id))
    return [`The bytes of «${before.text}» cannot be written without token ${before.id}.`];
  const shown = pieces.map(({ id, text }) => `${id} «${text}»`).join(" + ");
  return [
    `Token ${before.id} «${before.text}» becomes ${shown}: the same bytes.`,
    `Asked the same again  →  «${reply}»  ${repeated ? "repeated faithfully" : "NOT repeated: this text stays broken"}`,
  ];
}
