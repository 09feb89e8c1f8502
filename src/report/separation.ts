/** How well each weight figure alone tells glitch tokens from normal ones: the area under its ROC curve. */

import type { TokenEvidence } from "../glitch/evidence.ts";

export interface Separation {
  readonly indicator: string;
  /** Chance that a random glitch is more suspect than a random normal token; 0.5 is a coin toss, 1 perfect. */
  readonly auc: number;
  /** On which side the glitches lie. */
  readonly suspects: "low" | "high";
  readonly glitch: readonly number[];
  readonly normal: readonly number[];
}

/** One entry for each indicator that has values in both groups, the best first. */
export function separations(tokens: readonly TokenEvidence[]): Separation[] {
  const names = [...new Set(tokens.flatMap((token) => Object.keys(token.indicators)))];
  const valuesOf = (name: string, verdict: TokenEvidence["verdict"]) =>
    tokens
      .filter((token) => token.verdict === verdict)
      .map((token) => token.indicators[name])
      .filter((value) => value !== undefined && Number.isFinite(value)) as number[];
  return names
    .map((indicator): Separation => {
      const [glitch, normal] = [valuesOf(indicator, "glitch"), valuesOf(indicator, "normal")];
      const low = areaUnderCurve(glitch, normal);
      return {
        indicator,
        auc: Math.max(low, 1 - low),
        suspects: low >= 0.5 ? "low" : "high",
        glitch,
        normal,
      };
    })
    .filter(({ glitch, normal }) => glitch.length > 0 && normal.length > 0)
    .sort((a, b) => b.auc - a.auc || (a.indicator < b.indicator ? -1 : 1));
}

/**
 * Chance that a random value of `lower` is smaller than one of `higher`, ties counting half: the
 * Mann-Whitney statistic over sorted ranks (Hanley and McNeil 1982). NaN if a group is empty.
 */
export function areaUnderCurve(lower: readonly number[], higher: readonly number[]): number {
  const all = [
    ...lower.map((value) => ({ value, isLower: true })),
    ...higher.map((value) => ({ value, isLower: false })),
  ].sort((a, b) => a.value - b.value);
  let rankSum = 0;
  for (let start = 0; start < all.length; ) {
    let end = start;
    while (end < all.length && all[end]!.value === all[start]!.value) end++;
    const meanRank = (start + 1 + end) / 2;
    for (let index = start; index < end; index++) if (all[index]!.isLower) rankSum += meanRank;
    start = end;
  }
  const wins = rankSum - (lower.length * (lower.length + 1)) / 2;
  return 1 - wins / (lower.length * higher.length);
}
