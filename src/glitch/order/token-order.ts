/**
 * In which order tokens are probed. An order is pulled page by page and told each page's rows; it holds no other
 * state, so a resumed run replays to the same place.
 */

import type { ProbeEvidence, Verdict } from "../evidence.ts";
import type { IndicatorTable, ReadIndicatorsOptions } from "../indicators/indicators.ts";

/** What a method may look at. */
export interface OrderContext {
  /** Ids to be ordered, ascending. */
  readonly candidates: readonly number[];
  readonly indicators: IndicatorTable | undefined;
  readonly seed: number;
  /** Nearest neighbours that vote or are evaluated, for methods that ask them. */
  readonly neighbours: number;
  /** False when every candidate will be probed anyway: nothing is gained by learning. */
  readonly adaptive: boolean;
  /** Entropies in nats of the answers to the first template, for methods that look before they test. */
  readonly lookAhead: (ids: readonly number[]) => Promise<readonly number[]>;
  /** Exact text of an id; empty where it has none. */
  readonly textOf: (id: number) => string;
}

/** What an order is told of a tested token. */
export interface TestedToken {
  readonly id: number;
  readonly verdict: Verdict;
  readonly probes: readonly ProbeEvidence[];
}

export interface TokenOrder {
  /** The next tokens, most suspect first; fewer at the end. Tokens are given once. */
  next(count: number): Promise<number[]>;
  /** The rows of the tokens last given. */
  learn(rows: readonly TestedToken[]): void;
}

/** A way to search, as data. */
export interface OrderMethod {
  readonly id: string;
  readonly goal: string;
  readonly reference: string;
  /** Without indicators it falls back to random order. */
  readonly usesIndicators: boolean;
  /** What it has to be read beside the indicators, for an order that learns. */
  readonly reads?: "sketch" | "input-rows" | "output-rows";
  /** How many neighbours it asks where nobody says otherwise; absent where it asks none. */
  readonly neighbours?: number;
  /** What its user should know, a sentence. */
  readonly note?: string;
  /** Probes that testing so many tokens is charged; one for each where it says nothing else. */
  readonly charge?: (tokens: number) => number;
  start(context: OrderContext): TokenOrder;
}

/** How the indicators have to be read for a method. */
export function readingFor({ reads }: OrderMethod): Pick<ReadIndicatorsOptions, "sketch" | "rows"> {
  if (reads === "sketch") return { sketch: true };
  if (reads === "input-rows") return { rows: ["input"] };
  return reads === "output-rows" ? { rows: ["output"] } : {};
}
