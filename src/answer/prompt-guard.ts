/** The guard as an answer sees it: functions over ids. The one over stored mines is in glitch/, which is not known here. */

/** What is done about glitch tokens in a prompt. "route" is decided before there is a model: here it is "rewrite". */
export const GUARD_MODES = ["off", "flag", "rewrite", "route", "refuse"] as const;
export type GuardMode = (typeof GUARD_MODES)[number];

/** A glitch token that stands in a prompt. */
export interface PromptFinding {
  readonly id: number;
  /** Position in the prompt's ids. */
  readonly index: number;
  /** Safe to show. */
  readonly text: string;
}

/** What is known against one model's tokens. */
export interface PromptGuard {
  /** Where the knowledge comes from: a run's id. */
  readonly source: string;
  /** Ids that an answer may not contain either. */
  readonly banned: readonly number[];
  scan(ids: readonly number[]): readonly PromptFinding[];
  /** The same bytes written without banned ids, where that can be. */
  rewrite(ids: readonly number[]): {
    readonly ids: readonly number[];
    readonly replaced: readonly { readonly before: readonly number[]; readonly after: readonly number[] }[];
    readonly unrepaired: readonly PromptFinding[];
  };
}

/** What the guard did to one request. */
export interface GuardReport {
  readonly mode: GuardMode;
  /** Undefined: nothing is known about this model, so nothing was looked for. */
  readonly source: string | undefined;
  readonly findings: readonly PromptFinding[];
  /** Glitch tokens that the chat template itself is written with; they stay, and are no findings. */
  readonly inTemplate: number;
  /** Stretches that were written in other tokens. */
  readonly replaced: number;
  /** Findings that are still in the prompt. */
  readonly left: number;
  /** Ids that were kept out of the answer. */
  readonly bannedFromOutput: number;
}
