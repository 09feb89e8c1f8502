/**
 * What is known of a token after probing. One shape for mining, testing, reports and the store.
 * A verdict is about a token id, never about a text.
 */

import type { TokenChance } from "../engine/index.ts";

/** Reported apart: only `normal` tokens are candidates, the others cannot reach a model as plain text. */
export const TOKEN_CLASSES = ["normal", "control", "byte", "unused", "undecodable", "unreachable"] as const;
export type TokenClass = (typeof TOKEN_CLASSES)[number];

export type Verdict = "glitch" | "normal" | "uncertain" | "untested";

/** One prompt's answer about one token. */
export interface ProbeEvidence {
  readonly template: string;
  readonly p: number;
  readonly rank: number;
  readonly entropy: number;
  /** The argmax is another token and p is under the template's calibrated threshold. */
  readonly failed: boolean;
  readonly top: readonly TokenChance[];
}

/** One generation of the enhanced validation. */
export interface AttemptEvidence {
  readonly prompt: string;
  readonly attempt: number;
  readonly seed: number;
  readonly temperature: number;
  readonly text: string;
  /** The token's id or its exact text came back where it was asked for. */
  readonly repeated: boolean;
}

/** Figures from the weights alone; lower = more suspect unless the name says otherwise. */
export type Indicators = Readonly<Record<string, number>>;

export interface TokenEvidence {
  readonly id: number;
  /** Through visibleToken(), safe to show anywhere. */
  readonly text: string;
  readonly class: TokenClass;
  readonly verdict: Verdict;
  /** Of the template that decided: the first passed, else the one with the highest p. */
  readonly p: number | undefined;
  readonly rank: number | undefined;
  readonly entropy: number | undefined;
  /** Attack success rate: share of attempts in which the token was not repeated, with its Wilson interval. */
  readonly asr: number | undefined;
  readonly asrLow: number | undefined;
  readonly asrHigh: number | undefined;
  readonly indicators: Indicators;
  readonly probes: readonly ProbeEvidence[];
  readonly attempts?: readonly AttemptEvidence[];
  /** A failing item is a row with its error; the run then ends `partial`. */
  readonly error?: string;
}

/** How one probe template did on the control tokens of this model. */
export interface TemplateCheck {
  readonly template: string;
  /** Share of the (trimmed) controls whose argmax is themselves. */
  readonly passRate: number;
  readonly controls: number;
  /** Under this p a control is improbable. */
  readonly threshold: number;
  readonly kept: boolean;
  /** Tokens after the shared prefix. */
  readonly tailTokens: number;
  readonly prefixTokens: number;
}

/** How one wording of the enhanced validation did on the control tokens of this model. */
export interface PromptCheck {
  readonly prompt: string;
  /** The form of the wording that was chosen, else the last one tried. */
  readonly form: string;
  /** Share of the controls that were repeated. */
  readonly passRate: number;
  readonly controls: number;
  readonly kept: boolean;
}

export interface MineResult {
  readonly schema: 1;
  readonly kind: "mine";
  readonly run: string;
  readonly model: { name: string; path: string; fingerprint: string; quantisation: string };
  readonly method: string;
  /** Which ids could be tested: "entropy" is every normal token. */
  readonly mode?: string;
  /** How many those are; the figures of recall and total are about them. */
  readonly candidates?: number;
  readonly seed: number;
  readonly budget: { probes?: number; seconds?: number; all?: boolean };
  readonly seconds: number;
  readonly probes: number;
  readonly status: "done" | "partial" | "interrupted" | "paused";
  readonly counts: { vocabulary: number; tested: number; glitch: number; normal: number; uncertain: number };
  /** Tokens of each class in the vocabulary. */
  readonly classes: Readonly<Record<TokenClass, number>>;
  /** Glitch tokens in the vocabulary, estimated from an audit sample; a full census knows. Undefined without. */
  readonly total?: { estimate: number; low: number; high: number; audited: number } | undefined;
  /** Share of the vocabulary's glitches that were found; a full census has 1. Undefined until estimated. */
  readonly recall: { estimate: number; low: number; high: number } | undefined;
  readonly templates: readonly TemplateCheck[];
  /** How the prompts of the enhanced validation did on normal tokens; empty without it. */
  readonly prompts?: readonly PromptCheck[];
  /** What the reader should know: templates and prompts dropped, fits that did not work. */
  readonly notes?: readonly string[];
  readonly tokens: readonly TokenEvidence[];
}
