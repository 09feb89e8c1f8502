/** The words of the suite: a check is data with one function, its finding is one row. */

import type { IntegrationSession } from "./session.ts";

export type CheckStatus = "ok" | "warn" | "fail";

/** What a check measured; names say their units. */
export type Figures = Readonly<Record<string, number | string | boolean>>;

export interface Finding {
  readonly status: CheckStatus;
  /** One sentence with the figure that decides; safe to show anywhere. */
  readonly message: string;
  /** The next step where it is not well. */
  readonly hint?: string;
  readonly figures?: Figures;
  /** What it took, where that was before the check. @default the time of the check */
  readonly seconds?: number;
}

/** A row of the result. */
export interface CheckRow extends Finding {
  readonly id: string;
  readonly seconds: number;
}

export interface IntegrationCheck {
  readonly id: string;
  /** What it asks, one phrase. */
  readonly asks: string;
  /** Looks at the open model. An AppError thrown here becomes a row that fails. */
  readonly run: (session: IntegrationSession) => Promise<Finding>;
}
