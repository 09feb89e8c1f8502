/** Which model answers first, and which one is asked when it cannot. */

import { AppError } from "../../errors.ts";
import type { Tier } from "../../fleet/index.ts";

export interface TierFacts {
  readonly path: string;
  /** As the settings say. */
  readonly tier: Tier | undefined;
  readonly parameters: number;
}

/**
 * Each model's tier: what --small and --large say, then the settings; of exactly two models the rest follows from the
 * other one's tier, or from their sizes. More than two have none unless somebody says so.
 *
 * @param wished paths
 * @throws USAGE for one model in both
 */
export function chooseTiers(
  models: readonly TierFacts[],
  wished: { readonly small: string | undefined; readonly large: string | undefined },
): (Tier | undefined)[] {
  if (wished.small !== undefined && wished.small === wished.large)
    throw new AppError("USAGE", "--small and --large name the same model.", {
      hint: "Name two models, or leave one of them out.",
    });
  const tiers = models.map(({ path, tier }) => {
    if (path === wished.small) return "small";
    return path === wished.large ? "large" : tier;
  });
  const [first, second] = models;
  if (models.length !== 2 || !first || !second) return tiers;
  const [a, b] = tiers;
  if (a !== undefined || b !== undefined) return [a ?? other(b), b ?? other(a)];
  if (first.parameters === second.parameters) return tiers;
  return first.parameters < second.parameters ? ["small", "large"] : ["large", "small"];
}

function other(tier: Tier | undefined): Tier | undefined {
  return tier === "small" ? "large" : "small";
}
