/** Messages of a chat request: every form in which clients send text, and none of the others. */

import { z } from "zod";
import type { AnswerMessage } from "../../answer/index.ts";
import { boundedList } from "./request-fields.ts";
import { LONGEST_NAME, MOST_MESSAGES, MOST_PARTS, MOST_TOOLS } from "./request-limits.ts";

const textPart = z.strictObject({ type: z.literal("text"), text: z.string() });
const refusalPart = z.strictObject({ type: z.literal("refusal"), refusal: z.string() });

const partsError = {
  error: ({ input }: { input?: unknown }) =>
    `parts of type ${typeOf(input)} are not served, as the models here read text alone`,
};
const textParts = boundedList(z.discriminatedUnion("type", [textPart], partsError), MOST_PARTS);
const assistantParts = boundedList(
  z.discriminatedUnion("type", [textPart, refusalPart], partsError),
  MOST_PARTS,
);

/** The type that something claims to be of, short enough for a message; what is no text may be of any depth. */
export function typeOf(input: unknown): string {
  const type = (input as { type?: unknown } | null | undefined)?.type;
  return typeof type === "string" ? JSON.stringify(type.slice(0, 40)) : "unknown";
}

const TEXT_OR_PARTS = { error: "expected a text, or a list of parts of type text" };
const content = z.union([z.string(), textParts], TEXT_OR_PARTS);
const assistantContent = z.union([z.string(), z.null(), assistantParts], TEXT_OR_PARTS);

// AutoGen names the speaker in messages of every role, tools included.
const name = z.string().max(LONGEST_NAME).nullish();

/** openai-node's parse() and runTools() leave what they parsed in messages that are sent back. */
export const parsed = z.unknown().optional();

const toolCall = z.strictObject({
  id: z.string().min(1).max(LONGEST_NAME),
  type: z.literal("function").optional(),
  function: z.strictObject({
    name: z.string().min(1).max(LONGEST_NAME),
    arguments: z.string(),
    parsed_arguments: parsed,
  }),
  // Position within a streamed reply: clients that put chunks together leave it in.
  index: z.int().optional(),
});

const gone = (hint: string) => z.null({ error: hint }).optional();

const assistant = z.strictObject({
  role: z.literal("assistant"),
  content: assistantContent.optional(),
  name,
  // Some clients send [] for "none", which OpenAI refuses.
  tool_calls: boundedList(toolCall, MOST_TOOLS).nullish(),
  // What replies of OpenAI's newer models hold, sent back as it came.
  refusal: z.string().nullish(),
  annotations: z.array(z.unknown()).max(MOST_PARTS).nullish(),
  parsed,
  audio: gone("answers of sound are not served"),
  function_call: gone("the former form of calls is not served; use tool_calls"),
});

const message = z.discriminatedUnion(
  "role",
  [
    z.strictObject({ role: z.enum(["system", "developer", "user"]), content, name }),
    assistant,
    z.strictObject({
      role: z.literal("tool"),
      content,
      name,
      tool_call_id: z.string().min(1).max(LONGEST_NAME),
    }),
  ],
  { error: ({ input }) => roleProblem((input as { role?: unknown } | null)?.role) },
);

function roleProblem(role: unknown): string {
  return role === "function"
    ? 'messages of role "function" are not served; use role "tool" with a tool_call_id'
    : "expected a message of role system, developer, user, assistant or tool";
}

export const messagesField = boundedList(message, MOST_MESSAGES, 1);

type Content = string | null | undefined | readonly ({ text: string } | { refusal: string })[];

const textOf = (given: Content): string =>
  typeof given === "object" && given !== null
    ? given.map((part) => ("text" in part ? part.text : part.refusal)).join("")
    : (given ?? "");

/** Messages as an answer takes them: parts joined, what a model refused to say as its text. */
export function answerMessages(messages: z.output<typeof messagesField>): AnswerMessage[] {
  return messages.map((given) => {
    const common = { role: given.role, ...(given.name && { name: given.name }) };
    if (given.role === "tool")
      return { ...common, content: textOf(given.content), toolCallId: given.tool_call_id };
    if (given.role !== "assistant") return { ...common, content: textOf(given.content) };
    const calls = given.tool_calls ?? [];
    return {
      ...common,
      content: textOf(given.content) || (given.refusal ?? ""),
      ...(calls.length > 0 && {
        toolCalls: calls.map(({ id, function: it }) => ({ id, name: it.name, arguments: it.arguments })),
      }),
    };
  });
}
