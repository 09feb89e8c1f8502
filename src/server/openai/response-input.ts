/** Input items of the Responses API, and the conversation that they are. */

import { z } from "zod";
import type { AnswerMessage } from "../../answer/index.ts";
import { parsed, typeOf } from "./chat-messages.ts";
import { boundedList } from "./request-fields.ts";
import { LONGEST_NAME, MOST_MESSAGES, MOST_PARTS } from "./request-limits.ts";

const id = z.string().max(LONGEST_NAME).nullish();
// Items of former replies come back with how they ended; what they say counts.
const status = z.enum(["in_progress", "completed", "incomplete"]).nullish();

const inputPart = z.strictObject({ type: z.literal("input_text"), text: z.string() });
const outputPart = z.strictObject({
  type: z.literal("output_text"),
  text: z.string(),
  // Where a text came from and how likely it was: for people, not for models.
  annotations: z.array(z.unknown()).nullish(),
  logprobs: z.array(z.unknown()).nullish(),
  parsed,
});
const refusalPart = z.strictObject({ type: z.literal("refusal"), refusal: z.string() });

const partsError = {
  error: ({ input }: { input?: unknown }) =>
    `parts of type ${typeOf(input)} are not served, as the models here read text alone`,
};
const inputParts = boundedList(z.discriminatedUnion("type", [inputPart], partsError), MOST_PARTS);
const messageParts = boundedList(
  z.discriminatedUnion("type", [inputPart, outputPart, refusalPart], partsError),
  MOST_PARTS,
);

const TEXT_OR_PARTS = { error: "expected a text, or a list of parts of type input_text or output_text" };
const callId = z.string().min(1).max(LONGEST_NAME);

const item = z.discriminatedUnion(
  "type",
  [
    z.strictObject({
      type: z.literal("message"),
      role: z.enum(["system", "developer", "user", "assistant"]),
      content: z.union([z.string(), messageParts], TEXT_OR_PARTS),
      id,
      status,
      // Whether a text was said on the way or at the end: models here are not told.
      phase: z.enum(["commentary", "final_answer"]).nullish(),
    }),
    z.strictObject({
      type: z.literal("function_call"),
      call_id: callId,
      name: z.string().min(1).max(LONGEST_NAME),
      arguments: z.string(),
      parsed_arguments: parsed,
      id,
      status,
    }),
    z.strictObject({
      type: z.literal("function_call_output"),
      call_id: callId,
      output: z.union([z.string(), inputParts], TEXT_OR_PARTS),
      id,
      status,
    }),
  ],
  { error: ({ input }) => `items of type ${typeOf(input)} are not served${itemHint(input)}` },
);

function itemHint(input: unknown): string {
  return (input as { type?: unknown } | null)?.type === "item_reference"
    ? ", as nothing is stored: send the item itself"
    : "";
}

/** A message need not say that it is one. */
function withType(value: unknown): unknown {
  if (typeof value !== "object" || value === null || "type" in value) return value;
  return { ...value, type: "message" };
}

export const inputField = z.union(
  [z.string(), boundedList(z.unknown().transform(withType).pipe(item), MOST_MESSAGES, 1)],
  { error: `expected a text, or a list of up to ${MOST_MESSAGES} items` },
);

type Part = { text: string } | { refusal: string };
const textOf = (content: string | readonly Part[]): string =>
  typeof content === "string"
    ? content
    : content.map((part) => ("text" in part ? part.text : part.refusal)).join("");

/** Instructions first, as a system message; calls that stand side by side were one answer. */
export function responseMessages(
  input: z.output<typeof inputField>,
  instructions: string | undefined,
): AnswerMessage[] {
  const messages: AnswerMessage[] = instructions ? [{ role: "system", content: instructions }] : [];
  if (typeof input === "string") return [...messages, { role: "user", content: input }];
  let calls: { id: string; name: string; arguments: string }[] | undefined;
  for (const given of input) {
    if (given.type === "function_call") {
      if (calls === undefined) {
        calls = [];
        messages.push({ role: "assistant", content: "", toolCalls: calls });
      }
      calls.push({ id: given.call_id, name: given.name, arguments: given.arguments });
      continue;
    }
    calls = undefined;
    messages.push(
      given.type === "message"
        ? { role: given.role, content: textOf(given.content) }
        : { role: "tool", content: textOf(given.output), toolCallId: given.call_id },
    );
  }
  return messages;
}
