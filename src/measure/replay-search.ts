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
  /** Where each page ended; all figures count from the start. */
  readonly pages: readonly PageEnd[];
}

/** A search so far. */
export interface PageEnd {
  /** Number of tokens. */
  readonly tested: number;
  readonly charged: number;
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
  const most = mostTested(charge, limit);

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
  const pages: PageEnd[] = [];
  while (tested.length < most) {
    // Else nothing would hear Ctrl-C: an order is all promises and no waiting.
    await new Promise((resolve) => setImmediate(resolve));
    signal?.throwIfAborted();
    const page = await timed(() => order.next(Math.min(pageSize, most - tested.length)));
    if (page.length === 0) break;
    await timed(() => order.learn(page.map((id) => census.tokens.get(id)!)));
    tested.push(...page);
    pages.push({
      tested: tested.length,
      charged: charge(tested.length),
      lookedAhead,
      orderSeconds: orderMs / 1000,
    });
  }
  return { tested, pages };
}

/** The most tokens whose charge keeps within a limit of probes. */
function mostTested(charge: (tokens: number) => number, limit: number): number {
  let most = limit;
  while (most > 0 && charge(most) > limit) most--;
  return most;
}

/**
 * The same search with a smaller budget. Its full pages are the same, and as an order gives the most suspect first, its
 * last page is the beginning of a longer one. What that page cost is taken in proportion.
 */
export function cutReplay({ tested, pages }: Replay, method: OrderMethod, limit: number): Replay {
  const charge = method.charge ?? ((tokens: number) => tokens);
  const most = Math.min(tested.length, mostTested(charge, limit));
  const full = pages.filter((page) => page.tested <= most);
  const before = full.at(-1) ?? { tested: 0, lookedAhead: 0, orderSeconds: 0 };
  const next = pages[full.length];
  if (next === undefined || most === before.tested) return { tested: tested.slice(0, most), pages: full };
  const share = (most - before.tested) / (next.tested - before.tested);
  const part = (from: number, to: number) => from + share * (to - from);
  const last = {
    tested: most,
    charged: charge(most),
    lookedAhead: Math.round(part(before.lookedAhead, next.lookedAhead)),
    orderSeconds: part(before.orderSeconds, next.orderSeconds),
  };
  return { tested: tested.slice(0, most), pages: [...full, last] };
}

/**
 * What a look ahead would say, from what was stored. A mine asks its first template; for a token that this one does
 * not fit, the census stored the first that does.
 */
function entropyOf({ tokens }: StoredCensus, id: number): number {
  return tokens.get(id)?.probes[0]?.entropy ?? 0;
}
