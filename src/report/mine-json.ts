/** The document of `assay mine --json`: verdicts and figures without the evidence, for programs. Versioned by `schema`. */

import type { MineResult, TokenEvidence } from "../glitch/index.ts";

/** One token; what was not measured is null, so that every row has the same fields. */
export interface MineDocumentToken {
  readonly id: number;
  readonly text: string;
  readonly class: TokenEvidence["class"];
  readonly verdict: TokenEvidence["verdict"];
  readonly p: number | null;
  readonly rank: number | null;
  /** In nats. */
  readonly entropy: number | null;
  readonly asr: number | null;
  readonly asrLow: number | null;
  readonly asrHigh: number | null;
  readonly indicators: TokenEvidence["indicators"];
  /** Only on tokens that could not be tested. */
  readonly error?: string;
}

/** Fields may be added under schema 1, never renamed or removed. */
export interface MineDocument extends Omit<MineResult, "kind" | "recall" | "tokens"> {
  /** "test" when the tokens were given instead of mined. */
  readonly kind: "mine" | "test";
  readonly recall: MineResult["recall"] | null;
  readonly tokens: readonly MineDocumentToken[];
}

/** What the document is and holds. */
export interface MineJsonOptions {
  /** @default "mine" */
  readonly kind?: "mine" | "test";
  /** Include tokens that were not tested. @default false */
  readonly everyToken?: boolean;
}

/** The result as the document that scripts read; a row with an error counts as tested. */
export function mineDocument(
  result: MineResult,
  { kind = "mine", everyToken = false }: MineJsonOptions = {},
): MineDocument {
  const { recall = null, tokens, ...rest } = result;
  const isShown = (token: TokenEvidence) =>
    everyToken || token.verdict !== "untested" || token.error !== undefined;
  return { ...rest, kind, recall, tokens: tokens.filter(isShown).map(documentToken) };
}

function documentToken(token: TokenEvidence): MineDocumentToken {
  const { id, text, verdict, p, rank, entropy, asr, asrLow, asrHigh, indicators, error } = token;
  return {
    id,
    text,
    class: token.class,
    verdict,
    p: p ?? null,
    rank: rank ?? null,
    entropy: entropy ?? null,
    asr: asr ?? null,
    asrLow: asrLow ?? null,
    asrHigh: asrHigh ?? null,
    indicators,
    ...(error === undefined ? {} : { error }),
  };
}
