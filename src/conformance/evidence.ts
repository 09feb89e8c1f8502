/** Pieces of what a server sent, as they may be shown: bounded, printable, without the key that was sent to it. */

import { AppError } from "../errors.ts";
import { visibleToken } from "../visible-token.ts";
import type { RuleFinding } from "./wire-rule.ts";

/** More is no evidence but a page; --json has no more either, as it is read by people in the end. */
const MOST_CHARACTERS = 160;

// What a terminal acts on, or does not show; a backslash stays single, so that JSON can be read.
const UNSAFE = /[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu;

/** The beginning of a value or text; quotes and structure as in JSON. */
export function shown(value: unknown, most = MOST_CHARACTERS): string {
  const text = typeof value === "string" ? value : asJson(value);
  // Cut before and after: an escape takes several characters for one.
  const safe = text.slice(0, most + 1).replace(UNSAFE, visibleToken);
  return safe.length > most ? `${safe.slice(0, most)}…` : safe;
}

function asJson(value: unknown): string {
  try {
    return JSON.stringify(value) ?? "absent";
  } catch {
    // Deeper than the stack allows, though replies are bounded before.
    return "a value that is nested too deeply to show";
  }
}

export function pass(reason: string, evidence?: unknown): RuleFinding {
  return finding("pass", reason, evidence);
}

export function fail(reason: string, evidence?: unknown): RuleFinding {
  return finding("fail", reason, evidence);
}

export function note(reason: string, evidence?: unknown): RuleFinding {
  return finding("note", reason, evidence);
}

export function skip(reason: string): RuleFinding {
  return { status: "skip", reason };
}

function finding(status: RuleFinding["status"], reason: string, evidence: unknown): RuleFinding {
  return { status, reason, ...(evidence !== undefined && { evidence: shown(evidence) }) };
}

/** Ends a rule from within the reading of a reply; its row fails with this reason. */
export function nonconforming(reason: string, evidence?: unknown): AppError {
  return new AppError("OUTPUT_INVALID", reason, {
    details: evidence === undefined ? {} : { evidence: shown(evidence) },
  });
}
