/** Tools, the choice among them, and the form of the answer, as chat requests say it. */

import { z } from "zod";
import type { AnswerFormat, AnswerTool, ToolChoice } from "../../answer/index.ts";
import { typeOf } from "./chat-messages.ts";
import { wrongField } from "./openai-error.ts";
import { boundedList, jsonSchemaField, nameField } from "./request-fields.ts";
import { MOST_TOOLS } from "./request-limits.ts";

/** What every protocol says of a function. */
export const functionFields = {
  name: nameField,
  description: z.string().max(16_384).nullish(),
  parameters: jsonSchemaField.nullish(),
  // Calls always follow their schema here, whether that was asked for or not.
  strict: z.boolean().nullish(),
};

export const toolsField = boundedList(
  z.discriminatedUnion(
    "type",
    [z.strictObject({ type: z.literal("function"), function: z.strictObject(functionFields) })],
    { error: ({ input }) => `tools of type ${typeOf(input)} are not served, only "function"` },
  ),
  MOST_TOOLS,
);

/** The words that every protocol has for the choice. */
export const choiceWord = z.enum(["auto", "none", "required"]);

export const toolChoiceField = z.union(
  [
    choiceWord,
    z.strictObject({ type: z.literal("function"), function: z.strictObject({ name: nameField }) }),
  ],
  { error: 'expected "auto", "none", "required" or {"type": "function", "function": {"name": …}}' },
);

const schemaFields = {
  name: nameField,
  description: z.string().max(16_384).nullish(),
  schema: jsonSchemaField.nullish(),
  strict: z.boolean().nullish(),
};

export const responseFormatField = z.discriminatedUnion(
  "type",
  [
    z.strictObject({ type: z.literal("text") }),
    // The schema beside it is llama.cpp's way to say json_schema.
    z.strictObject({ type: z.literal("json_object"), schema: jsonSchemaField.nullish() }),
    z.strictObject({ type: z.literal("json_schema"), json_schema: z.strictObject(schemaFields) }),
  ],
  { error: ({ input }) => `${typeOf(input)} is not served, only "text", "json_object" and "json_schema"` },
);

/** A format that the Responses API says in one object and the chat API in two. */
export const flatSchemaFormat = z.strictObject({ type: z.literal("json_schema"), ...schemaFields });

type SchemaFields = Omit<z.output<typeof flatSchemaFormat>, "type">;
type FunctionFields = z.output<z.ZodObject<typeof functionFields>>;

/** Any object where there is no schema; the description goes where the model sees it: into the schema. */
export function schemaFormat({ name, schema, description }: SchemaFields): AnswerFormat {
  if (!schema) return { type: "json-object" };
  return { type: "json-schema", name, schema: description ? { description, ...schema } : schema };
}

/** @returns undefined for text */
export function chatFormat(
  field: z.output<typeof responseFormatField> | undefined,
): AnswerFormat | undefined {
  if (field === undefined || field.type === "text") return undefined;
  if (field.type === "json_schema") return schemaFormat(field.json_schema);
  return schemaFormat({ name: "answer", schema: field.schema });
}

/** Tools and the choice among them, checked against each other. */
export function toolsOf(
  functions: readonly FunctionFields[] | undefined,
  choice: ToolChoice | undefined,
  parallel: boolean | undefined,
): { tools?: AnswerTool[]; toolChoice?: ToolChoice; parallelToolCalls?: boolean } {
  const names = new Set<string>();
  for (const { name } of functions ?? []) {
    if (names.has(name)) throw wrongField("tools", `Two tools have the name "${name}".`);
    names.add(name);
  }
  if (typeof choice === "object" && !names.has(choice.name))
    throw wrongField(
      "tool_choice",
      `"tool_choice" asks for the tool "${choice.name}", which is not in "tools".`,
    );
  if (choice === "required" && names.size === 0)
    throw wrongField("tool_choice", '"tool_choice" is "required", and there are no "tools".');
  // An empty list is what clients send that have no tools to offer.
  if (!functions || functions.length === 0) return {};
  return {
    tools: functions.map(({ name, description, parameters }) => ({
      name,
      ...(description && { description }),
      ...(parameters && { parameters }),
    })),
    ...(choice !== undefined && { toolChoice: choice }),
    ...(parallel !== undefined && { parallelToolCalls: parallel }),
  };
}
