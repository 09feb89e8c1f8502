/** Which tokens a page tests: most of them chosen by the order, some drawn for the audit. */

import type { AuditDraw } from "../audit/audit-draw.ts";
import type { TokenOrder } from "../order/token-order.ts";
import type { StoredToken } from "./mine-rows.ts";

export interface PagePlanOptions {
  readonly order: TokenOrder;
  readonly draw: AuditDraw;
  /** Share of the tested tokens that is drawn. */
  readonly auditShare: number;
  readonly pageSize: number;
  /** Tokens that may still be tested after so many were. */
  readonly left: (done: number) => number;
}

export interface PagePlan {
  /** The next page, given all tokens tested so far. */
  next(tested: ReadonlyMap<number, StoredToken>): Promise<number[]>;
  /** To be called when the page's rows are among the tested ones. */
  learn(tested: ReadonlyMap<number, StoredToken>): void;
  /** Drawn tokens that the order has not asked for so far. */
  audited(): Set<number>;
}

/**
 * Starts at the first page. A drawn token costs nothing again when the order comes to it, and the order is told
 * of it only then: see audit-draw.ts.
 */
export function createPagePlan({ order, draw, auditShare, pageSize, left }: PagePlanOptions): PagePlan {
  const reached = new Set<number>();
  let given: number[] = [];
  return {
    async next(tested) {
      const done = tested.size;
      const count = Math.min(pageSize, left(done));
      const due = Math.floor(auditShare * (done + count)) - Math.floor(auditShare * done);
      const drawn = draw.next(due, (id) => reached.has(id));
      const chosen: number[] = [];
      given = [];
      while (chosen.length + drawn.length < count) {
        const more = await order.next(count - chosen.length - drawn.length);
        if (more.length === 0) break;
        for (const id of more) reached.add(id);
        given.push(...more);
        chosen.push(...more.filter((id) => !tested.has(id) && !drawn.includes(id)));
      }
      return [...chosen, ...drawn];
    },
    learn(tested) {
      order.learn(given.map((id) => tested.get(id)!));
    },
    audited: () => new Set([...draw.drawn].filter((id) => !reached.has(id))),
  };
}
