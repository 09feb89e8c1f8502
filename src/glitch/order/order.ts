/**
 * In which order tokens are probed: the methods that can be compared at equal budget. An order is pulled page
 * by page and told each page's verdicts; it holds no other state, so a resumed run replays to the same place.
 */

import type { Verdict } from "../evidence.ts";
import type { IndicatorTable } from "../indicators/indicators.ts";
import { hash32, seededOrder } from "../seeded.ts";
import { createNeighbours } from "./neighbours.ts";

/** What a method may look at. */
export interface OrderContext {
  /** Ids to be ordered, ascending. */
  readonly candidates: readonly number[];
  readonly indicators: IndicatorTable | undefined;
  readonly seed: number;
  /** Nearest neighbours that vote, for methods that ask them. */
  readonly neighbours: number;
  /** False when every candidate will be probed anyway: nothing is gained by learning. */
  readonly adaptive: boolean;
}

export interface TokenOrder {
  /** The next tokens, most suspect first; fewer at the end. Tokens are given once. */
  next(count: number): number[];
  /** The verdicts on the tokens last given. */
  learn(verdicts: readonly { readonly id: number; readonly verdict: Verdict }[]): void;
}

/** A way to search, as data. */
export interface OrderMethod {
  readonly id: string;
  readonly goal: string;
  readonly reference: string;
  /** Without indicators it falls back to random order. */
  readonly usesIndicators: boolean;
  /** Whether `neighbours` means anything to it. */
  readonly usesNeighbours: boolean;
  start(context: OrderContext): TokenOrder;
}

export const ORDER_METHODS: readonly OrderMethod[] = [
  {
    id: "census",
    goal: "Nearest to the known-unused output rows first, then what resembles the failures found so far.",
    reference: "Land and Bartolo 2024 for the start; own k-nearest-neighbours refit.",
    usesIndicators: true,
    usesNeighbours: true,
    start: startCensus,
  },
  {
    id: "low-norm",
    goal: "Smallest input embedding first.",
    reference: "glitcher's and GlitchMiner's start; Magikarp's default for untied models.",
    usesIndicators: true,
    usesNeighbours: false,
    start: ({ candidates, indicators, seed }) =>
      fixedOrder(
        indicators ? byScore(candidates, indicators.input.norm) : seededOrder(candidates, seed, "random"),
      ),
  },
  {
    id: "random",
    goal: "Seeded random order: the baseline of every comparison.",
    reference: "-",
    usesIndicators: false,
    usesNeighbours: false,
    start: ({ candidates, seed }) => fixedOrder(seededOrder(candidates, seed, "random")),
  },
];

/** The share of each page that is drawn at random, to meet glitch tokens that resemble none found so far. */
const EXPLORE = 0.1;

/** Weight of the first order against the neighbours' vote, both within ±1. */
const PRIOR = 0.5;

function fixedOrder(ids: readonly number[]): TokenOrder {
  let given = 0;
  return {
    next(count) {
      const page = ids.slice(given, given + count);
      given += page.length;
      return page;
    },
    learn() {},
  };
}

/** Ascending by a figure; of equals the lower id. */
function byScore(ids: readonly number[], score: ArrayLike<number>): number[] {
  return [...ids].sort((a, b) => score[a]! - score[b]! || a - b);
}

/** Distance to the unused rows where such are known, else to the mean row; random without any indicators. */
function firstOrder({ candidates, indicators, seed }: OrderContext): number[] {
  if (!indicators) return seededOrder(candidates, seed, "random");
  return byScore(candidates, indicators.output.unused?.distance ?? indicators.output.meanDistance);
}

function startCensus(context: OrderContext): TokenOrder {
  const first = firstOrder(context);
  if (!context.adaptive || !context.indicators?.output.sketch) return fixedOrder(first);

  const prior = new Map(first.map((id, rank) => [id, 1 - (2 * rank) / Math.max(1, first.length - 1)]));
  const neighbours = createNeighbours(context.candidates, context.indicators, context.neighbours);
  const open = new Set(first);
  let pages = 0;
  return {
    next(count) {
      // No verdict yet: the first order alone.
      const ranked =
        pages === 0
          ? [...open]
          : [...open]
              .map((id) => ({ id, score: neighbours.vote(id) + PRIOR * prior.get(id)! }))
              .sort((a, b) => b.score - a.score || a.id - b.id)
              .map(({ id }) => id);
      const explored = pages === 0 ? 0 : Math.floor(EXPLORE * count);
      const page = ranked.slice(0, count - explored);
      const rest = seededOrder(ranked.slice(page.length), hash32(context.seed, pages), "explore");
      page.push(...rest.slice(0, count - page.length));
      for (const id of page) open.delete(id);
      pages++;
      return page;
    },
    learn(verdicts) {
      for (const { id, verdict } of verdicts)
        if (verdict !== "untested") neighbours.add(id, verdict === "normal" ? -1 : 1, open);
    },
  };
}
