/** The words of the check: a rule is data with one function, its finding is one row. */

import type { ConformanceSession } from "./session.ts";

/** Libraries that agents are written with; each rule says which of them it is for. */
export const CLIENT_FAMILIES = [
  "AutoGen 0.2",
  "AG2",
  "autogen-ext 0.4+",
  "Agent Framework",
  "openai-node",
  "AI SDK",
  "LangChain",
] as const;
export type ClientFamily = (typeof CLIENT_FAMILIES)[number];

/**
 * "fail" breaks one of the clients, or lets it go on with something wrong; "note" is worth knowing and breaks none;
 * "skip" could not be asked.
 */
export const RULE_STATUSES = ["pass", "fail", "note", "skip"] as const;
export type RuleStatus = (typeof RULE_STATUSES)[number];

export interface RuleFinding {
  readonly status: RuleStatus;
  /** One phrase; safe to show anywhere. */
  readonly reason: string;
  /** The piece of the reply that decides, bounded and safe to show. */
  readonly evidence?: string | undefined;
}

/** A row of the result. */
export interface RuleRow extends RuleFinding {
  readonly id: string;
  readonly asks: string;
  readonly clients: readonly ClientFamily[];
  readonly sends: string;
  readonly source: string;
  readonly seconds: number;
}

export interface WireRule {
  readonly id: string;
  /** What has to hold, one phrase. */
  readonly asks: string;
  readonly clients: readonly ClientFamily[];
  /** The request, in short. */
  readonly sends: string;
  /** Where it is known from: a file of the client, an issue, the protocol's reference. */
  readonly source: string;
  /** @throws AppError when the reply is not even of the form that the rule looks at; that is a row that fails */
  readonly check: (session: ConformanceSession) => Promise<RuleFinding>;
}

export const ALL_CLIENTS: readonly ClientFamily[] = CLIENT_FAMILIES;
