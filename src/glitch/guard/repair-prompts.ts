/**
 * Requests to give a text back that neither the probe templates nor the validation use: what the guard repairs
 * is measured on prompts that had no say in the verdicts.
 */

import type { PromptForm } from "../validation/validation-prompts.ts";

export interface RepairPrompt {
  readonly form: PromptForm;
  /** Wrapped as a chat turn; a raw text otherwise. */
  readonly chat: boolean;
}

export const REPAIR_PROMPTS: readonly RepairPrompt[] = [
  {
    chat: true,
    form: {
      id: "hand-back",
      before: "Hand me back the text «",
      after: "» without any change.",
      prefill: " The text is «",
      closer: "»",
    },
  },
  {
    chat: true,
    form: {
      id: "write-again",
      before: "Write it again: «",
      after: "»",
      prefill: " Here it is: «",
      closer: "»",
    },
  },
  {
    chat: true,
    form: { id: "copy-this", before: 'Copy this: "', after: '"', prefill: ' "', closer: '"' },
  },
  {
    chat: false,
    form: {
      id: "said-heard",
      before: 'said: "house"\nheard: "house"\nsaid: "north river"\nheard: "north river"\nsaid: "',
      after: '"\nheard: "',
      prefill: "",
      closer: '"',
    },
  },
];
