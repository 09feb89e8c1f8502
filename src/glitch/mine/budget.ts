/** How much may be spent: tokens, a share of them, time, or everything. */

import { AppError } from "../../errors.ts";

/** At most one limit; `all` is none. A probe is charged once for each token tested. */
export interface Budget {
  /** Tokens to test. Further templates on a token that failed confirm it and are not charged. */
  readonly probes?: number;
  /** Share of the candidates in (0, 1]. */
  readonly share?: number;
  /** Seconds of work over all sittings; the page under way is finished. */
  readonly seconds?: number;
  readonly all?: boolean;
}

const SECONDS = { s: 1, m: 60, h: 3600 } as const;
const HINT = 'Give tokens ("400"), a share ("5%"), a time ("90s", "10m", "2h") or "all".';

/**
 * Reads what --budget says.
 * @throws USAGE
 * @example parseBudget("5%") // { share: 0.05 }
 */
export function parseBudget(text: string): Budget {
  const wanted = text.trim().toLowerCase();
  if (wanted === "all") return { all: true };
  const match = /^(\d+(?:\.\d+)?)\s*(%|s|m|h|)$/.exec(wanted);
  const amount = Number(match?.[1]);
  const unit = match?.[2];
  const refuse = (why: string) => new AppError("USAGE", `The budget "${text}" ${why}.`, { hint: HINT });
  if (!match || !Number.isFinite(amount)) throw refuse("is neither tokens, a share nor a time");
  if (amount <= 0) throw refuse("allows nothing");
  if (unit === "%") {
    if (amount > 100) throw refuse("is more than everything");
    return { share: amount / 100 };
  }
  if (unit === "s" || unit === "m" || unit === "h") return { seconds: amount * SECONDS[unit] };
  if (!Number.isSafeInteger(amount)) throw refuse("is not a whole number of tokens");
  return { probes: amount };
}

/** The limits of a budget on a vocabulary with that many candidates. */
export interface Limits {
  readonly tokens: number;
  readonly seconds: number;
}

/** Tokens and seconds that a budget allows; a share is rounded up to a token. */
export function budgetLimits({ probes, share, seconds }: Budget, candidates: number): Limits {
  const tokens = probes ?? (share === undefined ? candidates : Math.ceil(share * candidates));
  return { tokens: Math.min(tokens, candidates), seconds: seconds ?? Number.POSITIVE_INFINITY };
}

/** A budget in words: "all", "400 tokens", "5 %", "90 s". */
export function formatBudget({ probes, share, seconds }: Budget): string {
  if (probes !== undefined) return `${probes} tokens`;
  if (share !== undefined) return `${Number((100 * share).toPrecision(6))} %`;
  return seconds === undefined ? "all" : `${seconds} s`;
}
