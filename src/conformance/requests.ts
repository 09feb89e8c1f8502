/** What is sent: small, so that a slow model answers in time, and the same wherever one will do for several rules. */

import type { JsonObject } from "./json-value.ts";

/** Room for a short sentence. */
const FEW_TOKENS = 24;
/** Room for a small object with its keys and blanks; models without training need more than they should. */
export const JSON_TOKENS = 320;
/** Agents' libraries set no limit beside tools, and a weak model says its call several times before it ends. */
export const CALL_TOKENS = 1_200;

export const user = (content: unknown) => ({ role: "user", content });
export const system = (content: string) => ({ role: "system", content });

/** A greedy chat request. */
export function chat(messages: readonly object[], more: JsonObject = {}): JsonObject {
  return { messages, temperature: 0, max_tokens: FEW_TOKENS, ...more };
}

export const QUESTION = user('Please repeat the word: "river"');
/** The request that most rules look at. */
export const PLAIN = chat([QUESTION]);
export const PLAIN_STREAM: JsonObject = { ...PLAIN, stream: true };
export const STREAM_WITH_USAGE: JsonObject = { ...PLAIN_STREAM, stream_options: { include_usage: true } };

const WORDS =
  "river stone apple window garden summer letter silver market winter bridge candle forest island mother pocket";

/** Goes on for long with any model: to say again what stands before it is what the weakest can do. */
export const LONG_TASK = `Please repeat the text: "${Array(4).fill(WORDS).join(" ")}"`;
export const LONG = chat([user(LONG_TASK)], { max_tokens: 400 });

export const DAYS = ["monday", "tuesday", "wednesday", "thursday", "friday"] as const;

/** Closed sets and short numbers, so that a small model's call ends. */
export const MEETING_SCHEMA = {
  type: "object",
  properties: { day: { type: "string", enum: DAYS }, hour: { type: "integer", minimum: 8, maximum: 18 } },
  required: ["day", "hour"],
  additionalProperties: false,
} as const;

export const ROOM_SCHEMA = {
  type: "object",
  properties: { room: { type: "string", enum: ["red", "green", "blue"] } },
  required: ["room"],
  additionalProperties: false,
} as const;

export const TOOL_SCHEMAS: Readonly<Record<string, object>> = {
  book_meeting: MEETING_SCHEMA,
  find_room: ROOM_SCHEMA,
};

const tool = (name: string, description: string, more: object = {}) => ({
  type: "function",
  function: { name, description, parameters: TOOL_SCHEMAS[name], ...more },
});

export const BOOK_TOOL = tool("book_meeting", "Book a meeting at a day and hour.");
export const ROOM_TOOL = tool("find_room", "Find a free room by its colour.");
/** As AG2 and openai-node write it for structured calls. */
export const STRICT_BOOK_TOOL = tool("book_meeting", "Book a meeting at a day and hour.", { strict: true });

export const MEETING_QUESTION = user("Book a meeting on Tuesday at 10 o'clock.");

/** A question with both tools. */
export function withTools(more: JsonObject = {}): JsonObject {
  return chat([MEETING_QUESTION], { tools: [BOOK_TOOL, ROOM_TOOL], max_tokens: CALL_TOKENS, ...more });
}

export const REQUIRED_CALL = withTools({ tool_choice: "required" });
export const REQUIRED_CALL_STREAM: JsonObject = { ...REQUIRED_CALL, stream: true };

/** A request for JSON by a schema, as openai-python's parse() sends it. */
export function bySchema(schema: object, question: string, more: JsonObject = {}): JsonObject {
  return chat([user(question)], {
    response_format: { type: "json_schema", json_schema: { name: "reply", strict: true, schema } },
    max_tokens: JSON_TOKENS,
    ...more,
  });
}

export const SCHEMA_REQUEST = bySchema(
  MEETING_SCHEMA,
  "The meeting is on Friday at 14 o'clock. Answer in JSON.",
);
