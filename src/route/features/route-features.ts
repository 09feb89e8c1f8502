/** A request -> what can be told from it without understanding it, in microseconds. */

import type { RouteFeatures } from "../route-decision.ts";
import { scanText } from "./scan-text.ts";
import { schemaShape } from "./schema-shape.ts";

/** The parts of a request that features are counted from. A bare prompt is one message of the user. */
export interface RouteInput {
  readonly messages: readonly { readonly role: string; readonly content: string }[];
  readonly tools?: readonly unknown[] | undefined;
  /** JSON Schema that the answer has to follow. */
  readonly schema?: unknown;
  readonly maxTokens?: number | undefined;
}

/**
 * Characters looked at from either end of a message. What is asked stands at the beginning or the end; between
 * them is what it is asked about, and `characters` tells how much of that there is.
 */
const LOOKED_AT = 16_384;

/**
 * Counts the features. Length and turns are those of the whole conversation; everything about words is that of
 * the last message of the user, as agents send the rest unchanged with every request.
 */
export function routeFeatures({ messages, tools = [], schema, maxTokens = 0 }: RouteInput): RouteFeatures {
  const asked = messages.findLast(({ role }) => role === "user") ?? messages.at(-1);
  const counts = scanText(ends(asked?.content ?? ""));
  const { depth, fields } = schemaShape(schema);
  const share = (part: number, whole: number) => (whole === 0 ? 0 : part / whole);
  return {
    characters: messages.reduce((sum, { content }) => sum + content.length, 0),
    turns: messages.filter(({ role }) => role !== "system" && role !== "developer").length,
    tools: tools.length,
    schemaDepth: depth,
    schemaFields: fields,
    digits: share(counts.digits, counts.characters),
    code: share(counts.code, counts.characters),
    questions: counts.questions,
    reasoning: counts.reasoning,
    asks: counts.asks,
    rareWords: share(counts.rareWords, counts.words),
    otherScript: share(counts.otherLetters, counts.letters),
    maxTokens,
  };
}

function ends(text: string): string {
  if (text.length <= 2 * LOOKED_AT) return text;
  return `${text.slice(0, LOOKED_AT)}\n${text.slice(-LOOKED_AT)}`;
}
