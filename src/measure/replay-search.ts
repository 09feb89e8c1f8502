/** A search within a budget, replayed over a stored census: the method sees what it would see, nobody asks a model. */

import {
  type Budget,
  budgetLimits,
  type IndicatorTable,
  mineSettings,
  type OrderMethod,
} from "../glitch/index.ts";
import type { StoredCensus } from "./stored-census.ts";

export interface ReplayOptions {
  readonly method: OrderMethod;
  /** A share or a number of probes. */
  readonly budget: Budget;
  readonly seed: number;
  readonly candidates: readonly number[];
  readonly census: StoredCensus;
  /** Exact text of an id. @default none is known */
  readonly textOf?: (id: number) => string;
  /** Measured with the same seed, sketch and rows included. */
  readonly indicators: IndicatorTable | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What the search would have done. */
export interface Replay {
  /** Ids in the order in which they were tested. */
  readonly tested: readonly number[];
  /** After each page: how many were tested, and what that is charged. */
  readonly pages: readonly { readonly tested: number; readonly charged: number }[];
  /** Ids whose entropy was asked for before they were tested. */
  readonly lookedAhead: number;
  /** Time spent in ordering, measured. */
  readonly orderSeconds: number;
}

/**
 * Pulls pages as `mine` does with these settings, so the tokens are those that `assay mine --method M --budget B
 * --seed S` would test but for its audit sample, which belongs to no method and is left out.
 */
export async function replaySearch(options: ReplayOptions): Promise<Replay> {
  const { method, budget, seed, candidates, census, indicators, signal, textOf = () => "" } = options;
  const { pageSize, neighbours } = mineSettings({ method: method.id, budget, seed });
  const limit = budgetLimits(budget, candidates.length).tokens;
  const adaptive = limit < candidates.length;
  // As in a mine: where everything is tested nothing is looked at before, and nothing is charged for it.
  const charge = (adaptive ? method.charge : undefined) ?? ((tokens: number) => tokens);
  const left = (done: number) => {
    let more = Math.min(candidates.length, limit) - done;
    while (more > 0 && charge(done + more) > limit) more--;
    return more;
  };

  let lookedAhead = 0;
  let orderMs = 0;
  const timed = async <T>(work: () => T | Promise<T>): Promise<T> => {
    const started = performance.now();
    const result = await work();
    orderMs += performance.now() - started;
    return result;
  };
  const order = await timed(() =>
    method.start({
      candidates,
      indicators,
      seed,
      neighbours,
      adaptive,
      textOf,
      lookAhead: async (ids) => {
        lookedAhead += ids.length;
        return ids.map((id) => entropyOf(census, id));
      },
    }),
  );

  const tested: number[] = [];
  const pages: { tested: number; charged: number }[] = [];
  while (left(tested.length) > 0) {
    // Else nothing would hear Ctrl-C: an order is all promises and no waiting.
    await new Promise((resolve) => setImmediate(resolve));
    signal?.throwIfAborted();
    const page = await timed(() => order.next(Math.min(pageSize, left(tested.length))));
    if (page.length === 0) break;
    await timed(() => order.learn(page.map((id) => census.tokens.get(id)!)));
    tested.push(...page);
    pages.push({ tested: tested.length, charged: charge(tested.length) });
  }
  return { tested, pages, lookedAhead, orderSeconds: orderMs / 1000 };
}

/**
 * What a look ahead would say, from what was stored. A mine asks its first template; for a token that this one does
 * not fit, the census stored the first that does.
 */
function entropyOf({ tokens }: StoredCensus, id: number): number {
  return tokens.get(id)?.probes[0]?.entropy ?? 0;
}
