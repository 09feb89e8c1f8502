/** Which glitch tokens come and go with the precision of the weights. */

/** The verdicts of one file, as far as a comparison needs them. */
export interface FileVerdicts {
  readonly run: string;
  /** Ids with a verdict. */
  readonly tested: readonly number[];
  readonly glitches: readonly { readonly id: number; readonly text: string }[];
}

export interface NamedToken {
  readonly id: number;
  /** Safe to show. */
  readonly text: string;
}

/** A file against the best precision, over the tokens that were tested in both. */
export interface VerdictChanges {
  readonly compared: number;
  readonly stayed: number;
  readonly appeared: readonly NamedToken[];
  readonly vanished: readonly NamedToken[];
}

/** Compares; a token tested in one file only says nothing about the precision. */
export function verdictChanges(own: FileVerdicts, best: FileVerdicts): VerdictChanges {
  const inBest = new Set(best.tested);
  const inBoth = new Set(own.tested.filter((id) => inBest.has(id)));
  const ownGlitches = new Set(own.glitches.map(({ id }) => id));
  const bestGlitches = new Set(best.glitches.map(({ id }) => id));
  const isNew = (token: NamedToken) => inBoth.has(token.id) && !bestGlitches.has(token.id);
  const isGone = (token: NamedToken) => inBoth.has(token.id) && !ownGlitches.has(token.id);
  return {
    compared: inBoth.size,
    stayed: own.glitches.filter(({ id }) => inBoth.has(id) && bestGlitches.has(id)).length,
    appeared: own.glitches.filter(isNew),
    vanished: best.glitches.filter(isGone),
  };
}
