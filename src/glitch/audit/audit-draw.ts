/**
 * The audit sample: tokens drawn at random, whatever the order of the search thinks of them, to say how many
 * glitch tokens the search has missed. Within a stratum every token that was not tested yet has the same chance,
 * so those of the sample that the search has not reached speak for all that it has not reached.
 *
 * The order never learns from the sample: a search that ran after its findings would empty the very places that
 * they stand for.
 */

import { hash32 } from "../seeded.ts";

/** Upper ends of the strata as shares of the ranking by suspicion; the last stratum is the rest. */
const STRATA = [0.05, 0.3];

/** Stratum of each token, 0 the most suspect. */
export type Strata = ReadonlyMap<number, number>;

/**
 * Divides tokens by their rank in the search's first order; without weights there is nothing to divide by, and
 * one stratum.
 * @param ranked ids, most suspect first
 */
export function auditStrata(ranked: readonly number[], hasIndicators: boolean): Strata {
  const stratumAt = (rank: number) => {
    const found = STRATA.findIndex((end) => rank < end * ranked.length);
    return found < 0 ? STRATA.length : found;
  };
  return new Map(ranked.map((id, rank) => [id, hasIndicators ? stratumAt(rank) : 0]));
}

export interface AuditDraw {
  /** The next tokens of the sample, given what the search has reached: neither reached nor drawn before. */
  next(count: number, isReached: (id: number) => boolean): number[];
  readonly drawn: ReadonlySet<number>;
}

/**
 * Starts a sample. Each draw goes to the stratum that has the fewest of the sample for the tokens that the search has
 * left it, and takes the next of the stratum's own seeded shuffle: what is drawn hangs on the seed and on what the
 * search has reached, not on what the sample showed.
 */
export function createAuditDraw(strata: Strata, seed: number): AuditDraw {
  const decks: { left: number[]; drawn: number[] }[] = [];
  const shuffled = [...strata]
    .map(([id, stratum]) => ({ id, stratum, key: hash32(seed, "audit", id) }))
    .sort((a, b) => b.key - a.key || b.id - a.id);
  for (const { id, stratum } of shuffled) {
    decks[stratum] ??= { left: [], drawn: [] };
    decks[stratum].left.push(id);
  }
  const drawn = new Set<number>();
  return {
    drawn,
    next(count, isReached) {
      const open = decks
        .filter((deck) => deck !== undefined)
        .map((deck) => {
          deck.left = deck.left.filter((id) => !isReached(id));
          deck.drawn = deck.drawn.filter((id) => !isReached(id));
          return { deck, size: deck.left.length + deck.drawn.length };
        });
      const page: number[] = [];
      while (page.length < count) {
        const needy = open.filter(({ deck }) => deck.left.length > 0);
        if (needy.length === 0) break;
        const due = ({ deck, size }: (typeof open)[number]) => (deck.drawn.length + 1) / size;
        const { deck } = needy.reduce((a, b) => (due(a) <= due(b) ? a : b));
        const id = deck.left.pop()!;
        deck.drawn.push(id);
        page.push(id);
        drawn.add(id);
      }
      return page;
    },
  };
}
