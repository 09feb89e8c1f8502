/** A request of the Responses API, as far as it needs no memory between requests, and what it asks of a model. */

import { z } from "zod";
import type { AnswerFormat, AnswerRequest } from "../../answer/index.ts";
import { typeOf } from "./chat-messages.ts";
import { choiceWord, flatSchemaFormat, functionFields, schemaFormat, toolsOf } from "./chat-tools.ts";
import { wrongField } from "./openai-error.ts";
import type { RefusedFields } from "./parse-body.ts";
import {
  always,
  boundedList,
  modelField,
  nameField,
  requestFields,
  samplingFields,
  serviceFields,
  tokenCount,
} from "./request-fields.ts";
import { MOST_TOOLS } from "./request-limits.ts";
import { inputField, responseMessages } from "./response-input.ts";
import { grammarFormat, samplingOf } from "./sampling.ts";

const LOGPROBS = "message.output_text.logprobs";

const format = z.discriminatedUnion(
  "type",
  [
    z.strictObject({ type: z.literal("text") }),
    z.strictObject({ type: z.literal("json_object") }),
    flatSchemaFormat,
  ],
  { error: ({ input }) => `${typeOf(input)} is not served, only "text", "json_object" and "json_schema"` },
);

const tool = z.discriminatedUnion(
  "type",
  [z.strictObject({ type: z.literal("function"), ...functionFields })],
  {
    error: ({ input }) => `tools of type ${typeOf(input)} are not served, only "function"`,
  },
);

const { temperature, top_p, top_k, min_p, repeat_penalty, seed, grammar } = samplingFields;
const { stream, guard, cache_prompt, user } = requestFields;

export const responseSchema = z.strictObject({
  model: modelField,
  input: inputField,
  ...serviceFields,
  ...{ temperature, top_p, stream, user },
  // Not of OpenAI's API, as on the other endpoints.
  ...{ top_k, min_p, repeat_penalty, seed, grammar, guard, cache_prompt },
  instructions: z.string().optional(),
  max_output_tokens: tokenCount.optional(),
  tools: boundedList(tool, MOST_TOOLS).optional(),
  tool_choice: z
    .union([choiceWord, z.strictObject({ type: z.literal("function"), name: nameField })], {
      error: 'expected "auto", "none", "required" or {"type": "function", "name": …}',
    })
    .optional(),
  text: z.strictObject({ format: format.nullish(), verbosity: always("medium").nullish() }).optional(),
  top_logprobs: z.int().min(0).max(20).optional(),
  // Reasoning is asked for by clients of stateless servers; models here do none, so there is none to leave out.
  include: z.array(always(LOGPROBS, "reasoning.encrypted_content")).max(8).optional(),
  // A conversation that is too long is refused with the counts, never cut.
  truncation: always("disabled").optional(),
  background: always(false).optional(),
  // Padding against readers of packet sizes is not added.
  stream_options: z.strictObject({ include_obfuscation: always(false).nullish() }).optional(),
});

export type ResponseFields = z.output<typeof responseSchema>;

const SEND_ALL = 'Nothing is kept between requests: send the whole conversation as "input".';

export const RESPONSE_REFUSED: RefusedFields = {
  previous_response_id: SEND_ALL,
  conversation: SEND_ALL,
  context_management: "A conversation that is too long is refused with the counts: shorten it yourself.",
  prompt: 'There are no stored prompts: send the text as "instructions" and "input".',
  reasoning: "Models here do not think before they answer: leave it out.",
  max_tool_calls: "There are no built-in tools that it could bound: leave it out.",
};

/** Everything but who asks. @throws USAGE with the field's name */
export function responseRequest(fields: ResponseFields): AnswerRequest {
  const grammar = grammarFormat(fields);
  const format = textFormat(fields);
  const choice = fields.tool_choice;
  const tools = toolsOf(
    fields.tools,
    typeof choice === "object" ? { name: choice.name } : choice,
    fields.parallel_tool_calls,
  );
  if (grammar && (format || tools.tools))
    throw wrongField("grammar", '"grammar" excludes "tools" and a JSON "text.format".');
  return {
    input: { type: "messages", messages: responseMessages(fields.input, fields.instructions) },
    ...samplingOf(fields),
    ...tools,
    format: grammar ?? format,
    maxTokens: fields.max_output_tokens,
    n: 1,
    logprobs: logprobsOf(fields),
  };
}

function textFormat({ text }: ResponseFields): AnswerFormat | undefined {
  const given = text?.format;
  if (!given || given.type === "text") return undefined;
  return given.type === "json_object" ? { type: "json-object" } : schemaFormat(given);
}

function logprobsOf({ include = [], top_logprobs }: ResponseFields): number | undefined {
  if (include.includes(LOGPROBS)) return top_logprobs ?? 0;
  if (top_logprobs !== undefined && top_logprobs > 0)
    throw wrongField("top_logprobs", `"top_logprobs" needs "include": ["${LOGPROBS}"].`);
  return undefined;
}
