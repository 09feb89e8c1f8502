/**
 * The walk of GlitchMiner and glitcher: from a token to those near it in embedding space, on to the one among
 * them that the model answers with the least certainty.
 */

import { nearestRows, type UnitRows } from "../indicators/unit-rows.ts";
import type { OrderContext, TokenOrder } from "./token-order.ts";

/** Tokens tested in a step, as published. */
export const WALK_BATCH = 8;

/** Forward passes that the gradient of a step costs: one forward, and a backward of about two. */
const GRADIENT = 3;

/** Charged for so many tested tokens: each its own pass, and a gradient for each step begun. */
export function walkCharge(tokens: number): number {
  return tokens + GRADIENT * Math.ceil(tokens / WALK_BATCH);
}

export interface WalkOptions extends Pick<OrderContext, "neighbours" | "lookAhead"> {
  readonly rows: UnitRows;
  /** The walk begins beside it; it is tested only if the walk comes back. */
  readonly start: number;
  /** Ids to walk over. */
  readonly ids: readonly number[];
  /** Ids that the walk leaves out, tested in this order when it is through. */
  readonly rest?: readonly number[];
}

/**
 * Starts a walk. Each step takes the nearest untested tokens, asks for the entropy of each, and tests the
 * WALK_BATCH of highest entropy. The published search estimates these entropies with one gradient, to first
 * order; without gradients they are asked for, which ranks at least as well and is charged as published.
 *
 * Verdicts play no part in it, so pages of any size give the same order, and a resumed run walks to the same
 * place by asking again.
 */
export function startWalk({ rows, start, ids, rest = [], neighbours, lookAhead }: WalkOptions): TokenOrder {
  const open = new Set(ids);
  const entropyOf = new Map<number, number>();
  let current = start;
  let queue: number[] = [];
  let left = [...rest];

  const step = async () => {
    const near = nearestRows(rows, current, open, Math.max(neighbours, WALK_BATCH));
    // The entry token has no neighbour but itself when all else is tested.
    if (near.length === 0) near.push(...open);
    const unknown = near.filter((id) => !entropyOf.has(id));
    const entropies = unknown.length > 0 ? await lookAhead(unknown) : [];
    unknown.forEach((id, index) => {
      entropyOf.set(id, entropies[index]!);
    });
    queue = near.sort((a, b) => entropyOf.get(b)! - entropyOf.get(a)! || a - b).slice(0, WALK_BATCH);
    for (const id of queue) open.delete(id);
    current = queue[0]!;
  };

  return {
    async next(count) {
      const page: number[] = [];
      while (page.length < count) {
        if (queue.length === 0 && open.size > 0) await step();
        if (queue.length === 0) {
          queue = left;
          left = [];
        }
        if (queue.length === 0) break;
        const more = queue.slice(0, count - page.length);
        queue = queue.slice(more.length);
        page.push(...more);
      }
      return page;
    },
    learn() {},
  };
}
