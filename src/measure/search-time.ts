/**
 * How long a search would take. A replay takes no time to speak of, so the seconds are computed: what a probe and
 * a generated answer cost in the pages of the census, times what the search asks for.
 */

import type { PageCost, StoredCensus } from "./stored-census.ts";

/** Prices in seconds. */
export interface SearchPrices {
  readonly setup: number;
  readonly perProbe: number;
  readonly perAnswer: number;
}

/**
 * Least squares over the pages of the census, whose share of answers differs. Where they do not tell the two
 * apart (one page, or a price below zero on a busy machine) both cost the same.
 */
export function searchPrices({
  pages,
  setupSeconds,
}: Pick<StoredCensus, "pages" | "setupSeconds">): SearchPrices {
  const sum = (of: (page: PageCost) => number) => pages.reduce((total, page) => total + of(page), 0);
  const pp = sum(({ probes }) => probes ** 2);
  const pa = sum(({ probes, answers }) => probes * answers);
  const aa = sum(({ answers }) => answers ** 2);
  const ps = sum(({ probes, seconds }) => probes * seconds);
  const as = sum(({ answers, seconds }) => answers * seconds);
  const determinant = pp * aa - pa * pa;
  const perProbe = (ps * aa - as * pa) / determinant;
  const perAnswer = (as * pp - ps * pa) / determinant;
  // Two columns in proportion leave a determinant of rounding errors alone.
  const isTold = determinant > 1e-9 * pp * aa && perProbe > 0 && perAnswer > 0;
  if (isTold) return { setup: setupSeconds, perProbe, perAnswer };
  const asked = sum(({ probes, answers }) => probes + answers);
  const each = asked > 0 ? sum(({ seconds }) => seconds) / asked : 0;
  return { setup: setupSeconds, perProbe: each, perAnswer: each };
}
