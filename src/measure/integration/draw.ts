/** What the suites draw: the second one never gets what the first one had, as long as there is more. */

import { createHash } from "node:crypto";
import { createRandom } from "../../random.ts";
import { type Counts, SUITES, type SuiteName } from "./suites.ts";

/** A seed of its own for each purpose: 32 bits of a hash. */
export function deriveSeed(seed: number, purpose: string): number {
  return createHash("sha256").update(`${seed}:${purpose}`).digest().readUInt32LE(0);
}

/** Seed of a suite: `integration` takes the seed as given, `validate` one that is derived from it. */
export function suiteSeed(suite: SuiteName, seed: number): number {
  return suite === "integration" ? seed : deriveSeed(seed, "validate");
}

/** Items for a purpose, as many as the suite wants and there are. */
export type Draw = <T>(purpose: keyof Counts, items: readonly T[]) => T[];

/**
 * Draws without replacement, within a suite and across both.
 * @param seed that of the first suite
 */
export function createDraw(suite: SuiteName, seed: number): Draw {
  return (purpose, items) => {
    const order = shuffle(items, deriveSeed(seed, purpose));
    const had = SUITES.integration[purpose];
    if (suite === "integration") return order.slice(0, had);
    const left = order.length > had ? order.slice(had) : order;
    return shuffle(left, deriveSeed(suiteSeed(suite, seed), purpose)).slice(0, SUITES[suite][purpose]);
  };
}

function shuffle<T>(items: readonly T[], seed: number): T[] {
  const random = createRandom(seed);
  return items
    .map((item) => ({ item, key: random() }))
    .sort((a, b) => a.key - b.key)
    .map(({ item }) => item);
}
