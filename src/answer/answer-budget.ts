/** How many tokens an answer may have: what was asked for, or what the context leaves; never less without a word. */

import { AppError } from "../errors.ts";

export interface AnswerBudget {
  readonly promptTokens: number;
  /** Asked for; undefined: all that is left. */
  readonly maxTokens: number | undefined;
  /** Answers that share the context with the prompt. */
  readonly n: number;
  readonly context: number;
}

/**
 * New tokens for each of the n answers.
 * @throws CONTEXT_FULL with the counts; USAGE for a budget below 1
 */
export function answerBudget({ promptTokens, maxTokens, n, context }: AnswerBudget): number {
  if (maxTokens !== undefined && !(Number.isInteger(maxTokens) && maxTokens >= 1))
    throw new AppError(
      "USAGE",
      `An answer of ${maxTokens} tokens cannot be asked for; at least 1 is needed.`,
    );
  const room = Math.floor((context - promptTokens) / n);
  const wanted = maxTokens ?? Math.max(1, room);
  if (wanted <= room) return wanted;
  const answers = n === 1 ? `an answer of ${wanted}` : `${n} answers of ${wanted}`;
  throw new AppError(
    "CONTEXT_FULL",
    `The prompt has ${promptTokens} tokens and ${answers} cannot follow: the context holds ${context}.`,
    {
      hint: "Shorten the prompt, ask for fewer tokens, or serve the model with a larger context.",
      details: { promptTokens, maxTokens: wanted, context, ...(n > 1 && { n }) },
    },
  );
}
