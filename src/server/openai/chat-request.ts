/** A chat request in OpenAI's form, and what it asks of a model. */

import { z } from "zod";
import type { AnswerRequest } from "../../answer/index.ts";
import { answerMessages, messagesField } from "./chat-messages.ts";
import { chatFormat, responseFormatField, toolChoiceField, toolsField, toolsOf } from "./chat-tools.ts";
import { wrongField } from "./openai-error.ts";
import type { RefusedFields } from "./parse-body.ts";
import {
  always,
  modelField,
  requestFields,
  samplingFields,
  serviceFields,
  tokenCount,
} from "./request-fields.ts";
import { grammarFormat, samplingOf } from "./sampling.ts";

export const chatSchema = z.strictObject({
  model: modelField,
  messages: messagesField,
  ...samplingFields,
  ...requestFields,
  ...serviceFields,
  max_tokens: tokenCount.optional(),
  max_completion_tokens: tokenCount.optional(),
  logprobs: z.boolean().optional(),
  top_logprobs: z.int().min(0).max(20).optional(),
  tools: toolsField.optional(),
  tool_choice: toolChoiceField.optional(),
  response_format: responseFormatField.optional(),
  // Text is what there is.
  modalities: z.array(always("text")).min(1).optional(),
  // Models here do not think before they answer, and are as wordy as they are.
  reasoning_effort: always("none").optional(),
  verbosity: always("medium").optional(),
});

export type ChatFields = z.output<typeof chatSchema>;

export const CHAT_REFUSED: RefusedFields = {
  functions: 'Give them as "tools", each as {"type": "function", "function": …}.',
  function_call: 'Say it as "tool_choice".',
  audio: "Answers are text.",
  prediction: "Leave it out: the answer is the same without it.",
  web_search_options: "Give the model a tool of your own that searches.",
};

/** Everything but who asks. @throws USAGE with the field's name */
export function chatRequest(fields: ChatFields): AnswerRequest {
  const grammar = grammarFormat(fields);
  const format = chatFormat(fields.response_format);
  const choice = fields.tool_choice;
  const tools = toolsOf(
    fields.tools?.map((tool) => tool.function),
    typeof choice === "object" ? { name: choice.function.name } : choice,
    fields.parallel_tool_calls,
  );
  if (grammar && (format || tools.tools))
    throw wrongField("grammar", '"grammar" excludes "tools" and a JSON "response_format".');
  return {
    input: { type: "messages", messages: answerMessages(fields.messages) },
    ...samplingOf(fields),
    ...tools,
    format: grammar ?? format,
    maxTokens: tokenBudget(fields),
    n: fields.n ?? 1,
    logprobs: logprobsOf(fields),
  };
}

/** The newer name and the older one; a client that gives both had better mean the same. */
function tokenBudget({ max_tokens, max_completion_tokens }: ChatFields): number | undefined {
  if (max_tokens !== undefined && max_completion_tokens !== undefined && max_tokens !== max_completion_tokens)
    throw wrongField(
      "max_tokens",
      `"max_tokens" is ${max_tokens} and "max_completion_tokens" is ${max_completion_tokens}.`,
      "Give one of the two.",
    );
  return max_completion_tokens ?? max_tokens;
}

function logprobsOf({ logprobs, top_logprobs }: ChatFields): number | undefined {
  if (logprobs) return top_logprobs ?? 0;
  if (top_logprobs !== undefined && top_logprobs > 0)
    throw wrongField("top_logprobs", '"top_logprobs" needs "logprobs": true.');
  return undefined;
}
