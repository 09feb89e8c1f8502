/** What a mine stores: the calibration on page 0, then one row a token. */

import type { PageRow } from "../../store/index.ts";
import type { AttemptEvidence, ProbeEvidence, PromptCheck, Verdict } from "../evidence.ts";
import type { Calibration } from "../probes/calibrate.ts";

/** Page 0: how templates and prompts did on the controls. */
export interface StoredCheck extends Calibration {
  readonly prompts: readonly PromptCheck[];
  /** What the check cost. */
  readonly probes: number;
}

/** A tested token. Class, text and indicators follow from the model and are not stored. */
export interface StoredToken {
  readonly id: number;
  readonly verdict: Verdict;
  readonly probes: readonly ProbeEvidence[];
  readonly attempts?: readonly AttemptEvidence[];
  readonly asr?: number;
  readonly asrLow?: number;
  readonly asrHigh?: number;
  readonly error?: string;
}

const CHECK = "check";
const TOKEN = "token:";

export const checkRow = (check: StoredCheck): PageRow => ({ key: CHECK, data: check });
export const tokenRow = (token: StoredToken): PageRow => ({ key: `${TOKEN}${token.id}`, data: token });

/** Sorts the rows of an earlier sitting. The store's writer made them, so their shape is trusted. */
export function readRows(rows: readonly PageRow[]): {
  check: StoredCheck | undefined;
  tokens: Map<number, StoredToken>;
} {
  const tokens = rows
    .filter(({ key }) => key.startsWith(TOKEN))
    .map(({ data }) => data as StoredToken)
    .map((token) => [token.id, token] as const);
  return {
    check: rows.find(({ key }) => key === CHECK)?.data as StoredCheck | undefined,
    tokens: new Map(tokens),
  };
}
