/** Orders that are known before the first probe. */

import type { TokenOrder } from "./token-order.ts";

/** Gives the ids as they come and learns nothing. */
export function fixedOrder(ids: readonly number[]): TokenOrder {
  let given = 0;
  return {
    async next(count) {
      const page = ids.slice(given, given + count);
      given += page.length;
      return page;
    },
    learn() {},
  };
}

/** Ascending by a figure; of equals the lower id. */
export function byScore(ids: readonly number[], score: ArrayLike<number>): number[] {
  return [...ids].sort((a, b) => score[a]! - score[b]! || a - b);
}
