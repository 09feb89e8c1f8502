/** The two suites: the same checks on other draws. `integration` comes before use, `validate` confirms it. */

/** What is drawn by seed, and how many items of it. */
export interface Counts {
  /** Conversations that the chat template renders. */
  readonly conversations: number;
  /** Words that the model is asked to repeat. */
  readonly words: number;
  /** Sayings whose next word is known. */
  readonly sayings: number;
  /** Texts made of random pieces, beside the fixed ones. */
  readonly texts: number;
  /** Replies under a JSON schema. */
  readonly addresses: number;
  /** Tokens with a known or suspected verdict, of each kind. */
  readonly tokens: number;
  /** Control tokens for the probe templates. */
  readonly controls: number;
}

export type SuiteName = "integration" | "validate";

/** 48 controls: the 90 % that a template needs are then told from the 75 % of a broken one (binomial, 1 % errors). */
export const SUITES: Readonly<Record<SuiteName, Counts>> = {
  integration: {
    conversations: 2,
    words: 3,
    sayings: 6,
    texts: 40,
    addresses: 2,
    tokens: 4,
    controls: 48,
  },
  validate: {
    conversations: 6,
    words: 12,
    sayings: 18,
    texts: 400,
    addresses: 6,
    tokens: 16,
    controls: 160,
  },
};
