/** How well each weight figure alone tells glitch tokens from normal ones: the area under its ROC curve. */

import type { TokenEvidence } from "../glitch/index.ts";

/** One indicator, its values in both groups and how well it tells them apart. */
export interface Separation {
  readonly indicator: string;
  /** Chance that a random glitch is more suspect than a random normal token; 0.5 is a coin toss, 1 perfect. */
  readonly auc: number;
  /** On which side the glitches lie. */
  readonly suspects: "low" | "high";
  readonly glitch: readonly number[];
  readonly normal: readonly number[];
}

/** The names of all indicators that any token has, in the order of first sight. */
export function indicatorNames(tokens: readonly TokenEvidence[]): string[] {
  const names = new Set<string>();
  for (const { indicators } of tokens) for (const name in indicators) names.add(name);
  return [...names];
}

/** One entry for each indicator that has values in both groups, the best first. */
export function separations(tokens: readonly TokenEvidence[]): Separation[] {
  const valuesOf = (name: string, verdict: TokenEvidence["verdict"]) =>
    tokens
      .filter((token) => token.verdict === verdict)
      .map((token) => token.indicators[name])
      .filter((value) => value !== undefined && Number.isFinite(value)) as number[];
  return indicatorNames(tokens)
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
 * Chance that a random value of `lower` is smaller than one of `higher`, ties counting half: the Mann-Whitney
 * statistic as a share of all pairs (Hanley and McNeil 1982). NaN if a group is empty.
 */
export function areaUnderCurve(lower: readonly number[], higher: readonly number[]): number {
  const above = Float64Array.from(higher).sort();
  let [smaller, smallerOrEqual, wins] = [0, 0, 0];
  for (const value of Float64Array.from(lower).sort()) {
    while (smaller < above.length && above[smaller]! < value) smaller++;
    while (smallerOrEqual < above.length && above[smallerOrEqual]! <= value) smallerOrEqual++;
    wins += above.length - smallerOrEqual + (smallerOrEqual - smaller) / 2;
  }
  return wins / (lower.length * higher.length);
}
