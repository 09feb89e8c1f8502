/** Which ids of a mine are banned, and which a rewrite had better not bring in. */

import type { MineResult } from "../evidence.ts";

export interface BannedIds {
  /** Ascending. */
  readonly banned: readonly number[];
  /** Uncertain ids that are not banned. */
  readonly avoid: readonly number[];
}

/** Glitch tokens are banned, uncertain ones only when asked for. */
export function bannedIds(
  { tokens }: Pick<MineResult, "tokens">,
  { includeUncertain = false }: { includeUncertain?: boolean } = {},
): BannedIds {
  const idsOf = (wanted: string) =>
    tokens.flatMap(({ id, verdict }) => (verdict === wanted ? [id] : [])).sort((a, b) => a - b);
  const glitches = idsOf("glitch");
  const uncertain = idsOf("uncertain");
  return includeUncertain
    ? { banned: [...glitches, ...uncertain].sort((a, b) => a - b), avoid: [] }
    : { banned: glitches, avoid: uncertain };
}
