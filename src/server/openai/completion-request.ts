/** A request for plain completions, and what it asks of a model. */

import { z } from "zod";
import type { AnswerRequest } from "../../answer/index.ts";
import { wrongField } from "./openai-error.ts";
import type { RefusedFields } from "./parse-body.ts";
import { modelField, requestFields, samplingFields, serviceFields } from "./request-fields.ts";
import { MOST_CHOICES, MOST_PROMPTS, MOST_TOKENS } from "./request-limits.ts";
import { grammarFormat, samplingOf } from "./sampling.ts";

/** What goes to the model as it is. */
export type Prompt = Extract<AnswerRequest["input"], { type: "text" | "ids" }>;

const isId = (value: unknown): value is number => Number.isInteger(value) && (value as number) >= 0;

/** One prompt; by hand, as a million ids are a million issues to a schema that expected texts. */
function promptOf(value: unknown): Prompt | undefined {
  if (typeof value === "string") return { type: "text", text: value };
  if (Array.isArray(value) && value.length > 0 && value.every(isId)) return { type: "ids", ids: value };
  return undefined;
}

const promptField = z.unknown().transform((value, context): readonly [Prompt, ...Prompt[]] => {
  const one = promptOf(value);
  if (one) return [one];
  if (Array.isArray(value) && value.length <= MOST_PROMPTS) {
    const [first, ...rest] = value.map(promptOf);
    if (first && rest.every((prompt) => prompt !== undefined)) return [first, ...rest];
  }
  context.addIssue({
    code: "custom",
    message: `expected a text, a list of token ids, or a list of up to ${MOST_PROMPTS} of those`,
  });
  return z.NEVER;
});

const { metadata, store, service_tier, safety_identifier } = serviceFields;

export const completionSchema = z.strictObject({
  model: modelField,
  prompt: promptField,
  ...samplingFields,
  ...requestFields,
  ...{ metadata, store, service_tier, safety_identifier },
  // 0 scores the prompt of `echo` and writes nothing.
  max_tokens: z.int().min(0).max(MOST_TOKENS).optional(),
  echo: z.boolean().optional(),
  logprobs: z.int().min(0).max(5).optional(),
  // More samples than are given back would cost time for nothing that is seen.
  best_of: z.int().min(1).optional(),
});

export type CompletionFields = z.output<typeof completionSchema>;

export const COMPLETION_REFUSED: RefusedFields = {
  suffix: "The models here write on, they do not fill in: leave it out.",
};

/** OpenAI's default for this endpoint. */
const DEFAULT_TOKENS = 16;

export interface CompletionForm {
  readonly prompts: readonly [Prompt, ...Prompt[]];
  readonly n: number;
  readonly echo: boolean;
  /** Alternatives for each token; undefined: no log-probabilities. */
  readonly logprobs: number | undefined;
  /** False: the prompt's log-probabilities are all that is asked for. */
  readonly generate: boolean;
}

/** @throws USAGE with the field's name */
export function completionForm(fields: CompletionFields): CompletionForm {
  const { prompt, n = 1, echo = false, logprobs, best_of = n, max_tokens = DEFAULT_TOKENS } = fields;
  if (best_of !== n) throw wrongField("best_of", `"best_of" is ${best_of} and "n" is ${n}.`, "Leave it out.");
  if (prompt.length * n > MOST_CHOICES)
    throw wrongField("n", `${prompt.length} prompts times n ${n} are more than ${MOST_CHOICES} answers.`);
  if (max_tokens === 0 && !echo)
    throw wrongField("max_tokens", '"max_tokens" is 0, which leaves nothing to do without "echo": true.');
  return { prompts: prompt, n, echo, logprobs, generate: max_tokens > 0 };
}

/** One request for each prompt. */
export function completionRequests(
  fields: CompletionFields,
  { prompts, n, logprobs }: CompletionForm,
): [AnswerRequest, ...AnswerRequest[]] {
  const sampling = samplingOf(fields);
  const [first, ...rest] = prompts;
  const request = (input: Prompt): AnswerRequest => ({
    input,
    ...sampling,
    format: grammarFormat(fields),
    // The least that can be asked for; where nothing is to be written the answer is left unread.
    maxTokens: Math.max(1, fields.max_tokens ?? DEFAULT_TOKENS),
    n,
    logprobs,
  });
  return [request(first), ...rest.map(request)];
}
